import type { OwnershipReport } from "../arp/ownership.js";
import type { ArpWatch } from "../arp/watch.js";
import { monotonicMs, pause, until } from "../topology/clock.js";
import { type LbName, otherLb } from "../topology/plan.js";
import type { Topology } from "../topology/topology.js";
import type { HttpClient, HttpReport } from "../traffic/http.js";
import type { Meter } from "../traffic/meter.js";
import type { MeterReport } from "../traffic/window.js";
import type { Cause, CauseName } from "./cause.js";
import { returnBound } from "./cause.js";
import type { PairUnderTest } from "./pair.js";

/** What watches the pair from the client's side. */
export interface Instruments {
  readonly meter: Meter;
  readonly arp: ArpWatch;
  readonly http: HttpClient | undefined;
}

/** What was seen from outside between two instants. */
export interface Observation {
  readonly fromMs: number;
  readonly toMs: number;
  readonly meter: MeterReport;
  readonly ownership: OwnershipReport;
  readonly http: HttpReport | undefined;
}

export interface Failover {
  readonly pair: PairUnderTest["name"];
  readonly cause: CauseName;
  readonly from: LbName;
  readonly to: LbName;
  /** From the injection to the first ARP reply of the other node. */
  readonly takeoverMs: number;
  /** While the cause was injected and ownership moved. */
  readonly failover: Observation;
  /** While the failed node came back as standby. */
  readonly comeback: Observation;
}

const before = 200;
const afterwards = 1_000;

/** Injects a cause on the active node, waits for the takeover, lets the node return, and reports both. */
export async function measureFailover(
  topology: Topology,
  pair: PairUnderTest,
  cause: Cause,
  instruments: Instruments,
): Promise<Failover> {
  const from = await pair.settled();
  const to = otherLb(from);
  await pause(before);
  const injectedAt = monotonicMs();
  await cause.inject(pair, topology, from);
  const takeoverMs = await takeover(instruments.arp, to, injectedAt);
  await pause(afterwards);
  const endedAt = monotonicMs();
  const failover = observe(instruments, injectedAt - before, endedAt);
  await cause.recover(pair, topology, from);
  await pair.settled();
  await pause(afterwards);
  const comeback = observe(instruments, endedAt, monotonicMs());
  return {
    pair: pair.name,
    cause: cause.name,
    from,
    to,
    takeoverMs,
    failover: await failover,
    comeback: await comeback,
  };
}

export async function observe({ meter, arp, http }: Instruments, fromMs: number, toMs: number): Promise<Observation> {
  const [meterReport, ownership, httpReport] = await Promise.all([
    meter.report(fromMs, toMs),
    arp.report(fromMs, toMs),
    http?.report(fromMs, toMs),
  ]);
  return { fromMs, toMs, meter: meterReport, ownership, http: httpReport };
}

/** Each bound that a failover missed, as a sentence; empty when it passed. */
export function missedBounds({ failover, comeback }: Failover, cause: Cause): string[] {
  const missed: string[] = [];
  const check = (ok: boolean, sentence: string): void => {
    if (!ok) missed.push(sentence);
  };
  const { meter, ownership } = failover;
  check(meter.gapMs <= cause.gapMs, `gap ${meter.gapMs} ms, bound ${cause.gapMs} ms`);
  check(cause.lost === undefined || meter.lost <= cause.lost, `${meter.lost} datagrams lost, bound ${cause.lost}`);
  check(!ownership.overlap, `two owners answered for ${ownership.overlapMs} ms`);
  check(ownership.moves === 1, `ownership moved ${ownership.moves} times instead of once`);
  check(meter.wrong === 0, `${meter.wrong} wrong answers: ${meter.wrongBecause.join(", ")}`);
  check(
    comeback.meter.gapMs <= returnBound.gapMs,
    `return: gap ${comeback.meter.gapMs} ms, bound ${returnBound.gapMs}`,
  );
  check(comeback.meter.lost <= returnBound.lost, `return: ${comeback.meter.lost} datagrams lost, bound 0`);
  check(!comeback.ownership.overlap, `return: two owners answered for ${comeback.ownership.overlapMs} ms`);
  check(comeback.ownership.moves === 0, `return: ownership moved`);
  return missed;
}

async function takeover(arp: ArpWatch, to: LbName, injectedAt: number): Promise<number> {
  const first = await until(`${to} answers ARP`, 10_000, () => arp.firstReply(to, injectedAt), 10).catch(
    () => undefined,
  );
  return first === undefined ? Number.POSITIVE_INFINITY : Math.round((first - injectedAt) * 10) / 10;
}
