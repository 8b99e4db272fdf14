import type { Config, TuningReadings } from "@vipair/model";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openTuning } from "./tuning.js";

const readings = (count: number, most = 1_000): TuningReadings => ({
  processors: 2,
  conntrack: { count, most, buckets: 1_000, accounting: false, establishedSeconds: 86_400 },
  interfaces: [],
});

const config = {
  addresses: [{ interface: "eth0" }, { interface: "eth1" }, { interface: "eth0" }],
  services: [],
} as unknown as Config;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("what is urgent is told once for as long as it is; the interfaces of the addresses are read", () => {
  const said: string[] = [];
  const asked: (readonly string[])[] = [];
  let [now, peer]: [TuningReadings, TuningReadings | undefined] = [readings(1), undefined];
  const tuning = openTuning({
    config: () => config,
    peer: () => peer,
    journal: { record: (kind, message) => void said.push(`${kind}: ${message}`) },
    read: (interfaces) => {
      asked.push(interfaces);
      return now;
    },
  });
  expect([asked, said, tuning.report.advice]).toEqual([[["eth0", "eth1"]], [], []]);
  now = readings(950);
  expect(tuning.report.readings.conntrack?.count).toBe(1);
  vi.advanceTimersByTime(30_000);
  const full =
    "tuning: net.netfilter.nf_conntrack_max is 1000, advised 2048: 950 entries are taken: a full table refuses new connections";
  expect(said).toEqual([full]);
  now = readings(1);
  tuning.check();
  now = readings(950);
  tuning.check();
  expect(said).toEqual([full, full]);
  now = readings(1);
  peer = readings(1_500, 4_096);
  tuning.check();
  expect(said.slice(2)).toEqual([]);
  now = readings(2);
  peer = undefined;
  tuning.check();
  expect(tuning.report.advice).toEqual([]);
  peer = readings(1_500, 4_096);
  tuning.check();
  expect(said.slice(2)).toEqual([
    "tuning: net.netfilter.nf_conntrack_max is 1000, advised 4096: the other node follows 1500: this one could not take them all over",
  ]);
  tuning.close();
  now = readings(950);
  vi.advanceTimersByTime(60_000);
  expect(said).toHaveLength(3);
});
