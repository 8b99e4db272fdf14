import { type Instant, instantOf, millisOf } from "@vipair/model";
import { expect, it, vi } from "vitest";
import { openPathAlarm } from "./alarm.js";

const silence = millisOf(1_000);

function watch() {
  const changed = vi.fn<(path: string, up: boolean, others: readonly string[]) => void>();
  const heard: Record<string, Instant | undefined> = { eth0: undefined, sync: undefined };
  const paths = () => Object.entries(heard).map(([name, heardAt]) => ({ name, heardAt }));
  const alarm = openPathAlarm({ paths, silence, changed });
  let now = instantOf(0);
  /** Lets time pass in steps of 100 ms in which the peer is heard on these paths. */
  const pass = (ms: number, ...names: string[]) => {
    for (const end = now + ms; now < end; now = instantOf(now + 100)) {
      for (const name of names) heard[name] = now;
      alarm.look(now);
    }
    return changed.mock.calls.splice(0);
  };
  return { pass };
}

it("tells of the path that fell silent while another speaks, once, and of its return", () => {
  const { pass } = watch();
  expect(pass(3_000, "eth0", "sync")).toEqual([]);
  expect(pass(900, "sync")).toEqual([]);
  expect(pass(3_000, "sync")).toEqual([["eth0", false, ["sync"]]]);
  expect(pass(3_000, "eth0", "sync")).toEqual([["eth0", true, ["sync"]]]);
});

it("tells of a path that never spoke, when the other one had spoken for long enough", () => {
  const { pass } = watch();
  expect(pass(1_000, "sync")).toEqual([]);
  expect(pass(1_000, "sync")).toEqual([["eth0", false, ["sync"]]]);
});

it("tells of no path when the peer is silent on all, nor when it comes back on one after the other", () => {
  const { pass } = watch();
  expect([...pass(3_000, "eth0", "sync"), ...pass(3_000), ...pass(800, "sync")]).toEqual([]);
  expect(pass(3_000, "eth0", "sync")).toEqual([]);
});

it("remembers through a silence on all paths which one was broken before it", () => {
  const { pass } = watch();
  pass(3_000, "eth0", "sync");
  expect(pass(3_000, "sync")).toHaveLength(1);
  expect([...pass(3_000), ...pass(3_000, "sync")]).toEqual([]);
  expect(pass(500, "eth0", "sync")).toEqual([["eth0", true, ["sync"]]]);
});
