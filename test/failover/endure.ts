import type { OwnershipReport } from "../arp/ownership.js";
import { monotonicMs, pause, until } from "../topology/clock.js";
import { type LbName, otherLb } from "../topology/plan.js";
import type { Topology } from "../topology/topology.js";
import { tenths } from "../traffic/window.js";
import { type Fault, type FaultName, noticedMs, yieldMs } from "./fault.js";
import { type Instruments, type Observation, observe } from "./measure.js";
import { serveFrom } from "./move.js";
import type { PairUnderTest } from "./pair.js";

/** A fault from its beginning until everything was well again. */
export interface Endured {
  readonly pair: PairUnderTest["name"];
  readonly fault: FaultName;
  readonly active: LbName;
  readonly lastedMs: number;
  readonly seen: Observation;
  /** How often a node says that it became active. */
  readonly takeovers: number;
  /** How long two nodes answered after the fault was healed. */
  readonly overlapAfterMs: number;
  /** From the injection to the first ARP reply of the other node. */
  readonly movedMs: number | undefined;
  /** From the injection until the pair said that another machine answers for its address. */
  readonly noticedMs: number | undefined;
}

/** The node of the higher priority serves when a fault strikes: what a loss leads to may depend on it. */
const preferred: LbName = "lb1";
const aroundMs = 500;
const afterwardsMs = 1_500;

/** Injects the fault, heals it when its time is over, waits until everything is well, and reports. */
export async function endure(
  topology: Topology,
  pair: PairUnderTest,
  fault: Fault,
  instruments: Instruments,
): Promise<Endured> {
  const active = preferred;
  await serveFrom(pair, active);
  const [takeovers, conflicts] = await Promise.all([pair.takeovers(), pair.conflicts(active)]);
  await pause(aroundMs);
  const injectedAt = monotonicMs();
  const heal = await fault.inject(topology, active);
  let noticedAt: number | undefined;
  let healedAt: number;
  try {
    const over = pause(fault.lastsMs);
    if (fault.name === "duplicate") noticedAt = await noticed(pair, active, conflicts, fault.lastsMs);
    await over;
  } finally {
    healedAt = monotonicMs();
    await heal();
  }
  await pair.settled(60_000);
  await pause(afterwardsMs);
  const endedAt = monotonicMs();
  const seen = await observe(instruments, injectedAt - aroundMs, endedAt);
  const moved = instruments.arp.firstReply(otherLb(active), injectedAt);
  return {
    pair: pair.name,
    fault: fault.name,
    active,
    lastedMs: tenths(healedAt - injectedAt),
    seen,
    takeovers: (await pair.takeovers()) - takeovers,
    overlapAfterMs: (await instruments.arp.report(healedAt, endedAt)).overlapMs,
    movedMs: moved === undefined ? undefined : tenths(moved - injectedAt),
    noticedMs: noticedAt === undefined ? undefined : tenths(noticedAt - injectedAt),
  };
}

/** Each bound that was missed, as a sentence; empty when all were kept. */
export function missedInFault({ seen, takeovers, overlapAfterMs, ...run }: Endured, fault: Fault): string[] {
  const missed: string[] = [];
  const check = (ok: boolean, sentence: string): void => {
    if (!ok) missed.push(sentence);
  };
  const { meter, ownership } = seen;
  check(meter.gapMs <= fault.gapMs, `gap ${meter.gapMs} ms, bound ${fault.gapMs} ms`);
  check(meter.wrong === 0, `${meter.wrong} wrong answers: ${meter.wrongBecause.join(", ")}`);
  switch (fault.ownership) {
    case "stays":
      check(takeovers === 0 && ownership.moves === 0, `ownership moved: ${movesText(ownership, takeovers)}`);
      check(!ownership.overlap, `two owners answered for ${ownership.overlapMs} ms`);
      break;
    case "moves":
      check(takeovers === 1 && ownership.moves === 1, `moved not once: ${movesText(ownership, takeovers)}`);
      check(!ownership.overlap, `two owners answered for ${ownership.overlapMs} ms`);
      break;
    case "splits":
      check(overlapAfterMs <= yieldMs, `two owners for ${overlapAfterMs} ms after healing, bound ${yieldMs} ms`);
      break;
  }
  if (fault.name === "duplicate") {
    check(
      (run.noticedMs ?? Number.POSITIVE_INFINITY) <= noticedMs,
      `the third machine was not noticed in ${noticedMs} ms`,
    );
  }
  return missed;
}

const movesText = ({ moves }: OwnershipReport, takeovers: number): string =>
  `${takeovers} takeovers, seen from outside ${moves}`;

const noticed = (pair: PairUnderTest, active: LbName, before: number, deadlineMs: number) =>
  until("the third machine is noticed", deadlineMs, async () => (await pair.conflicts(active)) > before, 50).then(
    monotonicMs,
    () => undefined,
  );
