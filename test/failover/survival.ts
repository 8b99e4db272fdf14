import { pause } from "../topology/clock.js";
import type { Topology } from "../topology/topology.js";
import type { BrokenConnection, Connections, ConnectionsReport } from "../traffic/connections/connections.js";
import type { Cause, CauseName } from "./cause.js";
import { moveAway, moveBack, recover } from "./move.js";
import type { PairUnderTest } from "./pair.js";

/** What became of connections while ownership moved away and back. */
export interface Survival {
  readonly pair: PairUnderTest["name"];
  readonly cause: CauseName;
  readonly rounds: number;
  readonly connections: number;
  /** Of these: reset, closed, with wrong octets, or without progress. */
  readonly lost: number;
  readonly streams: number;
  readonly streamsIntact: number;
  /** Time between two questions of a busy connection before the cause, as it came out at worst. */
  readonly everyMs: number;
  /** Each way in which connections were lost, with how many: `busy: ECONNRESET`. */
  readonly because: Readonly<Record<string, number>>;
  /** The longest that an interactive connection waited for its answer, and a stream for its next octets. */
  readonly away: Pauses;
  readonly back: Pauses;
}

export interface Pauses {
  readonly longestWaitMs: number;
  readonly longestSilenceMs: number;
}

/** Connections that are older than this must survive. */
const establishedMs = 500;
/** How long the other node serves before the damage is undone. */
const awayMs = 2_000;
const backMs = 1_000;

/**
 * Moves ownership away by the cause, lets the node return after two seconds, moves it back by a planned failover as soon as
 * that is possible, and this as often as asked. In the end every connection has to make progress.
 */
export async function measureSurvival(
  topology: Topology,
  pair: PairUnderTest,
  cause: Cause,
  connections: readonly Connections[],
  rounds: number,
): Promise<Survival> {
  const each = <T>(ask: (one: Connections) => Promise<T>): Promise<T[]> => Promise.all(connections.map(ask));
  let [away, back]: [Pauses, Pauses] = [noPauses, noPauses];
  let everyMs = 0;
  for (let round = 0; round < rounds; round++) {
    await pair.settled();
    await each((one) => one.begin());
    await pause(establishedMs);
    everyMs = Math.max(everyMs, ...(await each((one) => one.begin())).map((undisturbed) => undisturbed.everyMs));
    const move = await moveAway(topology, pair, cause);
    await pause(awayMs);
    away = longest(away, await each((one) => one.report()));
    await recover(topology, pair, move);
    await each((one) => one.begin());
    await moveBack(pair, move);
    await pause(backMs);
    back = longest(back, await each((one) => one.report()));
    await pair.afterPlanned(move.to);
  }
  const proven = await each((one) => one.prove());
  const broken = proven.flatMap((report) => report.broken);
  const streams = connections.reduce((sum, { plan }) => sum + plan.streams, 0);
  return {
    pair: pair.name,
    cause: cause.name,
    rounds,
    connections: connections.reduce((sum, { count }) => sum + count, 0),
    lost: broken.length,
    streams,
    streamsIntact: streams - broken.filter(({ kind }) => kind === "stream").length,
    everyMs: Math.round(everyMs),
    because: counted(broken),
    away,
    back,
  };
}

const noPauses: Pauses = { longestWaitMs: 0, longestSilenceMs: 0 };

function longest(before: Pauses, reports: readonly ConnectionsReport[]): Pauses {
  const most = (value: (pauses: Pauses) => number): number => Math.round(Math.max(...[before, ...reports].map(value)));
  return {
    longestWaitMs: most(({ longestWaitMs }) => longestWaitMs),
    longestSilenceMs: most(({ longestSilenceMs }) => longestSilenceMs),
  };
}

function counted(broken: readonly BrokenConnection[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind, because } of broken) {
    const way = `${kind}: ${because}`;
    counts[way] = (counts[way] ?? 0) + 1;
  }
  return counts;
}
