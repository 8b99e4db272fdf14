import { type Ruleset, renderEdits, renderRemoval, renderRuleset } from "@vipair/balancer";
import { millisOf, parseEndpoint } from "@vipair/model";
import { afterEach, beforeEach, describe, expect, it, type Mock, vi } from "vitest";
import { openRules, type Rules } from "./rules.js";

function ruleset(eligible: readonly string[], servers: readonly string[] = ["10.0.0.1:80", "10.0.0.2:80"]): Ruleset {
  const endpoint = (text: string) => {
    const parsed = parseEndpoint(text);
    if (parsed === undefined) throw new Error(text);
    return parsed;
  };
  return {
    strays: "drop",
    services: [
      {
        kind: "balanced",
        name: "web",
        listen: endpoint("198.51.100.10:80"),
        mode: "nat",
        scheduler: "roundRobin",
        persistence: undefined,
        mark: 0x5650_0001,
        servers: servers.map((address) => ({ name: `s${address.at(-4)}`, address: endpoint(address) })),
        eligible: eligible.map((name) => ({ name, weight: 1 })),
        sorry: undefined,
      },
    ],
  };
}

const both = ruleset(["s1", "s2"]);
const one = ruleset(["s1"]);
let ran: string[];
let outcomes: ({ ok: true } | { ok: false; error: string })[];
let told: string[];
let lost: number;
let rules: Rules;

beforeEach(() => {
  [ran, outcomes, told, lost] = [[], [], [], 0];
  const run = (commands: string) => {
    ran.push(commands);
    return outcomes.shift() ?? ({ ok: true } as const);
  };
  rules = openRules(
    { run },
    (error) => told.push(error),
    () => {
      lost += 1;
    },
  );
});
afterEach(() => {
  rules.close();
  vi.useRealTimers();
});

const no = (error: string) => ({ ok: false, error }) as const;

it("puts in the whole first, then only what differs", () => {
  expect(rules.applied).toBe(false);
  rules.want(both);
  rules.want(one);
  expect(ran).toEqual([renderRuleset(both), renderEdits(both, one)]);
  expect(rules.applied).toBe(true);
});

describe("a table of thousands of services", () => {
  const [web] = both.services;
  const many = (count: number): Ruleset => ({
    ...both,
    services: Array.from({ length: count }, (_, index) => ({ ...web, name: `web${index}` }) as typeof web).flatMap(
      (service) => service ?? [],
    ),
  });
  const first = (count: number, all: Ruleset): Ruleset => ({ ...all, services: all.services.slice(0, count) });

  it("goes in piece by piece, and is there with the last one", () => {
    vi.useFakeTimers();
    const all = many(1_200);
    const did: string[] = [];
    rules.want(all);
    rules.afterwards(() => did.push("afterwards"));
    expect(ran).toEqual([renderRuleset(first(500, all))]);
    expect(rules.applied).toBe(false);
    vi.advanceTimersToNextTimer();
    expect(rules.applied).toBe(false);
    expect([lost, did]).toEqual([0, []]);
    vi.advanceTimersToNextTimer();
    expect(ran.slice(1)).toEqual([
      renderEdits(first(500, all), first(1_000, all)),
      renderEdits(first(1_000, all), all),
    ]);
    expect(rules.applied).toBe(true);
    expect([lost, did]).toEqual([1, ["afterwards"]]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("begins anew when a piece is refused", () => {
    vi.useFakeTimers();
    const all = many(600);
    outcomes = [{ ok: true }, no("EBUSY"), no("EBUSY")];
    rules.want(all);
    vi.advanceTimersToNextTimer();
    expect([rules.applied, told]).toEqual([false, ["EBUSY"]]);
    vi.advanceTimersByTime(1_000);
    expect(ran.at(-2)).toBe(renderRuleset(first(500, all)));
    expect(rules.applied).toBe(true);
  });
});

it("says when clients were lost that services remember", () => {
  const persistence = { prefix: 32, timeout: millisOf(1_000), clients: 10 };
  const remembering = ({ services, strays }: Ruleset, changed: object = {}): Ruleset => ({
    services: services.flatMap((service) => [
      { ...service, persistence: { ...persistence, ...changed } },
      { ...service, persistence, name: "other" },
    ]),
    strays,
  });
  const lostBy = (act: () => void): number => {
    const before = lost;
    act();
    return lost - before;
  };
  const more = ruleset(["s1"], ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"]);
  expect(lostBy(() => rules.want(remembering(both)))).toBe(1);
  expect(lostBy(() => rules.want(remembering(one)))).toBe(0);
  expect(lostBy(() => rules.want(remembering(more)))).toBe(0);
  expect(lostBy(() => rules.want(remembering(more, { clients: 20 })))).toBe(1);
  expect(lostBy(() => rules.restore())).toBe(1);
  outcomes = [no("ENOENT")];
  expect(lostBy(() => rules.want(remembering(one, { clients: 20 })))).toBe(1);
  outcomes = [no("ENOENT"), no("ENOENT")];
  expect(lostBy(() => rules.want(remembering(more, { clients: 20 })))).toBe(0);
});

it("puts in only what differs when servers came or went, too", () => {
  rules.want(both);
  const more = ruleset(["s1"], ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"]);
  rules.want(more);
  expect(ran).toEqual([renderRuleset(both), renderEdits(both, more)]);
});

it("puts in the whole at once when the kernel refuses the difference", () => {
  rules.want(both);
  outcomes = [no("ENOENT")];
  rules.want(one);
  expect(ran.slice(1)).toEqual([renderEdits(both, one), renderRuleset(one)]);
  expect([rules.applied, told]).toEqual([true, []]);
});

it("tries again until the kernel takes it, and tells the same refusal once", async () => {
  outcomes = [no("EBUSY"), no("EBUSY"), no("ENOMEM")];
  rules.want(both);
  expect(rules.applied).toBe(false);
  await vi.waitFor(() => expect(rules.applied).toBe(true), { timeout: 4_000, interval: 20 });
  expect(told).toEqual(["EBUSY", "ENOMEM"]);
  expect(ran).toEqual(Array(4).fill(renderRuleset(both)));
});

it("puts the whole back when somebody else touched the table", () => {
  rules.restore();
  expect(ran).toEqual([]);
  rules.want(both);
  rules.restore();
  expect(ran).toEqual([renderRuleset(both), renderRuleset(both)]);
});

it("takes the table out at the end, and tries nothing any more", () => {
  vi.useFakeTimers();
  outcomes = [no("EBUSY")];
  rules.want(both);
  rules.close();
  vi.runAllTimers();
  expect(ran).toEqual([renderRuleset(both), renderRemoval()]);
  expect(rules.applied).toBe(false);
});

describe("a long transaction", () => {
  const third = ruleset(["s2"]);
  let cut: Mock<() => void>;

  beforeEach(() => {
    rules.close();
    vi.useFakeTimers();
    const run = (commands: string) => {
      ran.push(commands);
      vi.advanceTimersByTime(10);
      return { ok: true } as const;
    };
    rules = openRules(
      { run },
      (error) => told.push(error),
      () => undefined,
    );
    [ran, cut] = [[], vi.fn()];
  });

  it("is followed at once by the next one after a quiet while", () => {
    rules.want(both);
    rules.want(one);
    vi.advanceTimersByTime(2_000);
    rules.want(third);
    rules.want(both);
    expect(ran).toEqual([
      renderRuleset(both),
      renderEdits(both, one),
      renderEdits(one, third),
      renderEdits(third, both),
    ]);
  });

  it("is followed by a rest otherwise, and brings in then what was wanted meanwhile", () => {
    for (const wanted of [both, one, both, third]) rules.want(wanted);
    rules.afterwards(cut);
    expect([rules.applied, cut.mock.calls.length]).toEqual([true, 0]);
    vi.advanceTimersByTime(39);
    expect(cut).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(cut).toHaveBeenCalledOnce();
    expect(ran).toEqual([renderRuleset(both), renderEdits(both, one), renderEdits(one, third)]);
    rules.afterwards(cut);
    expect(cut).toHaveBeenCalledTimes(2);
  });
});
