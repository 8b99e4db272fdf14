import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openStrays, type Strays } from "./strays.js";

const services = [{ name: "owa" }, { name: "smtp" }];
const counters = { owa: 0, smtp: 0, passedOn: 0 };
const record = vi.fn();
let strays: Strays;

beforeEach(() => {
  vi.useFakeTimers();
  record.mockClear();
  Object.assign(counters, { owa: 0, smtp: 0, passedOn: 0 });
  const resets = (service: string) => counters[service as "owa" | "smtp"];
  strays = openStrays({ resets, passedOn: () => counters.passedOn }, { record });
});
afterEach(() => vi.useRealTimers());

const told = (): unknown[] => record.mock.calls.map(([kind, _message, detail]) => ({ kind, ...detail }));

it("tells of resets by service, at most once a minute, and then of all since", () => {
  strays.countersRead(services);
  counters.owa = 3;
  strays.countersRead(services);
  counters.owa = 5;
  counters.smtp = 1;
  vi.advanceTimersByTime(30_000);
  strays.countersRead(services);
  expect(told()).toEqual([
    { kind: "strays", service: "owa", resets: 3 },
    { kind: "strays", service: "smtp", resets: 1 },
  ]);
  vi.advanceTimersByTime(31_000);
  strays.countersRead(services);
  expect(told().slice(2)).toEqual([{ kind: "strays", service: "owa", resets: 2 }]);
});

it("tells what came after each hand-over, and nothing when nothing came", () => {
  counters.passedOn = 7;
  strays.passedOn();
  strays.passedOn();
  counters.passedOn = 9;
  strays.passedOn();
  expect(told()).toEqual([
    { kind: "strays", frames: 7 },
    { kind: "strays", frames: 2 },
  ]);
});
