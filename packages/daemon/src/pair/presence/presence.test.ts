import type { AddressSight, Sighting } from "@vipair/kernel";
import { type EventReport, type Instant, type IpAddress, instantOf, parseAddress } from "@vipair/model";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openJournal } from "../../event/journal.js";
import type { Place } from "./place.js";
import { openPresence, type Presence } from "./presence.js";

const address = (text: string): IpAddress => parseAddress(text) ?? { family: 4, text };
const vip = address("198.51.100.10");
const inside = address("10.77.2.254");
const router = address("198.51.100.1");
const eth0: Place = { interface: "eth0", addresses: [vip], inquiries: [], gateway: undefined };
const eth1: Place = { interface: "eth1", addresses: [inside], inquiries: [], gateway: undefined };
const arrival = (at: IpAddress, source = address("203.0.113.7")): Sighting => ({
  type: "arrival",
  address: at,
  source,
});
const stranger: Sighting = { type: "answer", address: vip, mac: "02:00:00:00:00:65" };

/** One interface: what the test lets be seen there, and what was asked. */
class FakeSight implements AddressSight {
  waiting: Sighting[] = [];
  /** Seen whenever somebody asks who else has the addresses. */
  others: Sighting[] = [];
  traffic = false;
  readonly asked: string[] = [];
  questions = 0;
  closed = false;
  read(): Sighting[] {
    return this.waiting.splice(0);
  }
  watchTraffic(on: boolean): void {
    this.traffic = on;
  }
  askForOthers(): void {
    this.questions += 1;
    this.waiting.push(...this.others);
  }
  rest(): void {}
  inquire(as: IpAddress, neighbour: IpAddress): void {
    this.asked.push(`${as.text} → ${neighbour.text}`);
  }
  close(): void {
    this.closed = true;
  }
}

const announce = vi.fn();
const refused = vi.fn<(error: string) => void>();
let sights: Record<string, FakeSight>;
let journal: ReturnType<typeof openJournal>;
let presence: Presence;

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
});
afterEach(() => {
  presence.close();
  vi.useRealTimers();
});

const clock = (): Instant => instantOf(performance.now());
const readings = () => ({ wall: Date.now(), instant: clock(), boot: "b2" });
function begin(...places: Place[]): void {
  sights = {};
  journal = openJournal({ node: "lb2", clock: readings, told: () => undefined });
  const openSight = (name: string): FakeSight => {
    if (name === "none") throw new Error("interface none: ENODEV");
    sights[name] = new FakeSight();
    return sights[name];
  };
  presence = openPresence({ places, openSight, announce, journal, refused, clock });
  presence.began(clock());
}
const sight = (name = "eth0"): FakeSight => sights[name] ?? new FakeSight();
const said = (kind: EventReport["kind"]): string[] =>
  journal
    .events()
    .filter((event) => event.kind === kind)
    .map(({ message }) => message);

it("is proved when traffic has arrived on every interface, and looks at no more of it", () => {
  begin(eth0, eth1);
  expect([sight("eth0").traffic, sight("eth1").traffic]).toEqual([true, true]);
  vi.advanceTimersByTime(10);
  sight("eth0").waiting.push(arrival(vip));
  vi.advanceTimersByTime(50);
  expect([sight("eth0").traffic, sight("eth1").traffic]).toEqual([false, true]);
  presence.announced();
  expect(said("converged")).toEqual([]);
  sight("eth1").waiting.push(arrival(inside));
  vi.advanceTimersByTime(5);
  expect(said("converged")).toEqual(["converged in 65 ms, 2 rounds of announcements: traffic arrives on eth0, eth1"]);
  const proof = { proved: true, rounds: 2, tookMs: 65 };
  expect(journal.events().at(-1)?.detail).toEqual(proof);
  expect(presence.report()).toEqual({ convergence: { ...proof, message: said("converged")[0] }, others: [] });
  presence.ended();
  expect(presence.report()).toBeUndefined();
  expect(sight("eth1").traffic).toBe(false);
  expect(announce).not.toHaveBeenCalled();
});

it("says where nothing arrived within the schedule", () => {
  begin(eth0, eth1);
  sight("eth0").waiting.push(arrival(vip));
  vi.advanceTimersByTime(5_900);
  expect(said("converged")).toEqual([]);
  vi.advanceTimersByTime(200);
  expect(said("converged")).toEqual([
    "converged in 5 ms, 1 round of announcements: traffic arrives on eth0; not proved: no traffic seen on eth1 within 6 s",
  ]);
  expect(journal.events().at(-1)?.detail).toMatchObject({ proved: false, unproven: "eth1" });
});

it("says so when nothing arrived at all", () => {
  begin(eth0);
  presence.announced();
  vi.advanceTimersByTime(6_100);
  expect(said("converged")).toEqual(["not proved: no traffic seen on eth0 within 6 s, 2 rounds of announcements"]);
});

it("asks a tracked gateway in the name of an address, and takes nobody's word but the gateway's", () => {
  begin({ ...eth0, gateway: router, inquiries: [{ as: vip, neighbour: router }] });
  expect(sight().traffic).toBe(false);
  sight().waiting.push(arrival(vip));
  vi.advanceTimersByTime(120);
  expect(sight().asked).toEqual(Array(4).fill("198.51.100.10 → 198.51.100.1"));
  expect(said("converged")).toEqual([]);
  sight().waiting.push(arrival(vip, router));
  vi.advanceTimersByTime(5);
  expect(said("converged")).toEqual(["converged in 125 ms, 1 round of announcements: traffic arrives on eth0"]);
  vi.advanceTimersByTime(10_000);
  expect(sight().asked).toHaveLength(4);
});

it("tells of another one who answers, announces at most once in DEFEND_INTERVAL, and tells when it is over", () => {
  begin(eth0);
  vi.advanceTimersByTime(2_000);
  sight().others = [stranger];
  vi.advanceTimersByTime(10_000);
  expect(said("addressConflict")).toEqual(["02:00:00:00:00:65 answers for 198.51.100.10 on eth0 too"]);
  expect(announce).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(25_000);
  expect(said("addressConflict")).toHaveLength(1);
  expect(announce.mock.calls.length).toBeGreaterThanOrEqual(3);
  expect(announce.mock.calls.length).toBeLessThanOrEqual(4);
  sight().others = [];
  vi.advanceTimersByTime(7_000);
  expect(said("addressConflict")[1]).toMatch(
    /^02:00:00:00:00:65 no longer answers for 198\.51\.100\.10 on eth0, after 2\d\.\d s$/,
  );
  const asked = sight().questions;
  vi.advanceTimersByTime(30_000);
  expect(sight().questions - asked).toBeLessThanOrEqual(4);
});

it("tells of it more and more rarely as long as it lasts", () => {
  begin(eth0);
  sight().others = [stranger];
  vi.advanceTimersByTime(10 * 60_000);
  expect(said("addressConflict")).toEqual([
    "02:00:00:00:00:65 answers for 198.51.100.10 on eth0 too",
    expect.stringMatching(/ too, for (60|61)\.\d s now$/),
    expect.stringMatching(/ too, for 18\d\.\d s now$/),
    expect.stringMatching(/ too, for 42\d\.\d s now$/),
  ]);
});

it("takes nobody for another who was seen within the first second: he had the addresses before", () => {
  begin(eth0);
  vi.advanceTimersByTime(900);
  sight().waiting.push(stranger);
  vi.advanceTimersByTime(10_000);
  expect(said("addressConflict")).toEqual([]);
});

it("announces again after a conflict until traffic has moved", () => {
  begin(eth0);
  sight().waiting.push(arrival(vip));
  vi.advanceTimersByTime(4_000);
  expect(said("converged")).toHaveLength(1);
  presence.prevailed(clock());
  presence.announced();
  vi.advanceTimersByTime(300);
  expect(announce).toHaveBeenCalledTimes(2);
  presence.announced();
  presence.announced();
  sight().waiting.push(arrival(vip));
  vi.advanceTimersByTime(10_000);
  expect(said("converged")[1]).toBe("converged in 305 ms, 3 rounds of announcements: traffic arrives on eth0");
  expect(announce).toHaveBeenCalledTimes(2);
});

it("ends with the tenure, and survives an interface that is not there", () => {
  begin({ ...eth1, interface: "none" }, eth0);
  expect(refused.mock.calls).toEqual([["what arrives on none can not be watched: interface none: ENODEV"]]);
  presence.ended();
  expect(sight().closed).toBe(true);
  vi.advanceTimersByTime(20_000);
  presence.prevailed(clock());
  expect(journal.events()).toEqual([]);
});
