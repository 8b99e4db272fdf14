import { type Instant, instantOf } from "@vipair/model";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openJournal } from "../event/journal.js";
import type { TenureRequest } from "./link/message.js";
import { openTenures, type Tenures } from "./tenures.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});
const clock = (): Instant => instantOf(performance.now());
const readings = () => ({ wall: Date.now(), instant: clock(), boot: "b1" });

interface Node {
  readonly tenures: Tenures;
  readonly prevailed: ReturnType<typeof vi.fn>;
  said(): object[];
}

/** Two nodes, and the link between them, over which a request takes `delayMs` and the answer nothing. */
function openPair() {
  const link = { up: true, delayMs: 0 };
  const open = (peer: () => Node): Node => {
    const journal = openJournal({ node: "lb1", clock: readings, told: () => undefined });
    const prevailed = vi.fn();
    const ask = async (request: TenureRequest): Promise<unknown> => {
      await vi.advanceTimersByTimeAsync(link.delayMs);
      if (!link.up) throw new Error("the peer link is down");
      return request.method === "tenure" ? peer().tenures.answer() : peer().tenures.measured(request.overlapMs);
    };
    const tenures = openTenures({ journal, clock, ask, prevailed });
    return {
      tenures,
      prevailed,
      said: () => journal.events().map(({ kind, message, detail }) => ({ kind, message, detail })),
    };
  };
  const winner: Node = open(() => loser);
  const loser: Node = open(() => winner);
  return { link, winner, loser };
}
const told = [{ kind: "conflict", message: "there were two owners for 4.2 s", detail: { overlapMs: 4_200 } }];

it.each([
  ["who began later", 10_000, 0],
  ["who had served before", 0, 10_000],
])("is measured by the node that yields, %s, and told by both", async (_title, mine, theirs) => {
  const { winner, loser } = openPair();
  const start = performance.now();
  loser.tenures.began(instantOf(start + mine));
  winner.tenures.began(instantOf(start + theirs));
  vi.advanceTimersByTime(14_200);
  await winner.tenures.conflicted(false);
  await loser.tenures.conflicted(true);
  expect([loser.said(), winner.said()]).toEqual([told, told]);
  expect(winner.prevailed).toHaveBeenCalledOnce();
  expect(loser.prevailed).not.toHaveBeenCalled();
});

it("reaches a winner that never heard the other one as active, and makes it announce again", async () => {
  const { winner, loser } = openPair();
  winner.tenures.began(clock());
  loser.tenures.began(clock());
  vi.advanceTimersByTime(4_200);
  await loser.tenures.conflicted(true);
  expect(winner.said()).toEqual(told);
  expect(winner.prevailed).toHaveBeenCalledOnce();
});

it("is not falsified by a request that waits in the link, nor by a link that comes back later", async () => {
  const { link, winner, loser } = openPair();
  loser.tenures.began(clock());
  vi.advanceTimersByTime(10_000);
  winner.tenures.began(clock());
  vi.advanceTimersByTime(4_200);
  Object.assign(link, { up: false, delayMs: 1_600 });
  const measuring = loser.tenures.conflicted(true);
  loser.tenures.ended();
  await vi.advanceTimersByTimeAsync(9_000);
  link.up = true;
  await vi.advanceTimersByTimeAsync(9_000);
  await measuring;
  expect([loser.said(), winner.said()]).toEqual([told, told]);
});

it("is given up when the link does not come back, and when the peer serves no more", async () => {
  const { link, winner, loser } = openPair();
  loser.tenures.began(clock());
  const measuring = loser.tenures.conflicted(true);
  await vi.advanceTimersByTimeAsync(70_000);
  await measuring;
  winner.tenures.began(clock());
  link.up = false;
  const again = loser.tenures.conflicted(true);
  await vi.advanceTimersByTimeAsync(70_000);
  await again;
  expect([loser.said(), winner.said()]).toEqual([[], []]);
});
