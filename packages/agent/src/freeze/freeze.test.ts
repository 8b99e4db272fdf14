import type { Accounts } from "@vipair/kernel";
import { instantOf, millisOf } from "@vipair/model";
import { expect, it, vi } from "vitest";
import { openLooks } from "../look/looks.js";
import { explainFreeze, type Freeze } from "./freeze.js";
import { watchFreezes } from "./watch.js";

const accounts = (at: number, more: Partial<Record<keyof Accounts, number>> = {}): Accounts =>
  ({ suspended: 0, ran: 0, waited: 0, ...more, at, stolen: [0, more.stolen ?? 0] }) as unknown as Accounts;

it.each<[string, Partial<Record<keyof Accounts, number>>, Partial<Freeze>]>([
  ["suspended: the clocks came apart", { suspended: 2_700 }, { cause: "suspended" }],
  ["starved: it waited for a CPU", { waited: 2_600 }, { cause: "starved" }],
  ["starved: the hypervisor ran others", { stolen: 2_100 }, { cause: "starved", stealMs: 2_100 }],
  ["starved by both", { stolen: 800, waited: 900 }, { cause: "starved", stealMs: 800 }],
  ["busy with one thing", { ran: 2_750 }, { cause: "busy" }],
  ["stopped: not even ready to run", { ran: 40, waited: 60, stolen: 10 }, { cause: "stopped", stealMs: 10 }],
])("explains %s", (_title, grown, expected) => {
  const freeze = explainFreeze(instantOf(1_000), accounts(900), accounts(3_800, grown));
  expect(freeze).toEqual({ from: 1_000, until: 3_800, ...expected });
});

it("says no more steal than the freeze lasted, and that of the CPU that lost most", () => {
  const freeze = explainFreeze(instantOf(1_000), accounts(900), accounts(2_000, { stolen: 3_900 }));
  expect(freeze).toMatchObject({ cause: "starved", stealMs: 1_000 });
  const each = (ms: number): Pick<Accounts, "stolen"> => ({ stolen: Array.from({ length: 16 }, () => millisOf(ms)) });
  const [before, now] = [
    { ...accounts(900), ...each(0) },
    { ...accounts(3_800), ...each(300) },
  ];
  const little = explainFreeze(instantOf(1_000), before, now);
  expect(little).toMatchObject({ cause: "stopped", stealMs: 300 });
});

it("is not misled by accounts that a kernel does not keep", () => {
  const none = { ran: undefined, waited: undefined, stolen: [] };
  const before = { ...accounts(900), ...none };
  expect(explainFreeze(instantOf(1_000), before, { ...accounts(3_800), ...none })).toEqual({
    from: 1_000,
    until: 3_800,
    cause: "stopped",
  });
});

it("notices a freeze by the lateness of its timer, and nothing while timers are on time", async () => {
  const frozen = vi.fn<(freeze: Freeze) => void>();
  const looks = openLooks();
  const watch = watchFreezes({ looks, longerThan: millisOf(400), frozen });
  for (const until = performance.now() + 1_000; performance.now() < until; );
  await vi.waitFor(() => expect(frozen).toHaveBeenCalled(), { timeout: 5_000 });
  watch.close();
  looks.close();
  const [freeze] = frozen.mock.calls[0] ?? [];
  const lasted = (freeze?.until ?? 0) - (freeze?.from ?? 0);
  expect(lasted).toBeGreaterThan(900);
  expect(["busy", "starved"]).toContain(freeze?.cause);
});
