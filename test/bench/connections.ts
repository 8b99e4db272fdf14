import type { Contender, ContenderName, Network } from "./contender/contender.js";
import { atMost, compareHops, type HopBench, type LoadResult, of, quotient, type Verdict } from "./hop.js";
import { type ConnectsAnswer, measureConnects } from "./load/connects.js";
import { measureRequests, type Requests } from "./load/wrk.js";
import { benchServices } from "./services.js";
import { median, worst } from "./statistics.js";
import { type Reading, reading, takeTurns } from "./turns.js";

/** Connections for one request each, from a closed set of clients; how soon they open at half of that; and when too many come. */
export interface ConnectionsBench extends HopBench {
  readonly rates: readonly LoadResult[];
  readonly behaviour: readonly Behaviour[];
}

/** Medians over the rounds; failures are sums. */
export interface Behaviour {
  readonly contender: ContenderName;
  /** At half of its own highest rate, as far as one client can ask: opened in so many ms. */
  readonly atHalf: { readonly perSecond: number; readonly failed: number } & Latency;
  /** With sixteen times the clients: rate and failures. */
  readonly crowded: { readonly perSecond: number; readonly p99Ms: number; readonly failed: number };
  /** The same port of the client a hundred times, one after the other. */
  readonly reuse: { readonly failed: number; readonly worstMs: number };
}

type Latency = Pick<ConnectsAnswer, "p50Ms" | "p99Ms" | "p999Ms">;

interface Turn {
  readonly rate: Requests & Reading;
  readonly half: number;
  readonly atHalf: ConnectsAnswer;
  readonly crowded: Requests;
  readonly reuse: ConnectsAnswer;
}

/** The generator's share of the machine is its own limit. */
const mostPerSecond = 2_000;
/** Outside of what the kernel gives to the other clients. */
const reusedPort = 5_123;

export async function benchConnections(
  names: readonly ContenderName[],
  rounds: number,
  seconds: number,
  say: (line: string) => void,
  network?: Network,
): Promise<ConnectionsBench> {
  const turns = await takeTurns(
    names,
    rounds,
    benchServices,
    async (contender, round) => {
      const turn = await measureTurn(contender, seconds, round);
      const { rate, half, atHalf } = turn;
      say(
        `round ${round}: ${contender.name}: ${Math.round(rate.perSecond)} connections/s, ` +
          `at ${half}/s p99 ${atHalf.p99Ms.toFixed(2)} ms, port reuse ${turn.reuse.failed} failed`,
      );
      return turn;
    },
    network,
  );
  const rates = compareHops(new Map([...turns].map(([name, all]) => [name, all.map(({ rate }) => rate)])));
  const behaviour = [...turns].map(([name, all]) => behaviourOf(name, all));
  const verdicts = judge(rates, behaviour);
  const passed = verdicts.every((verdict) => verdict.passed);
  return { apart: network !== undefined, rounds, seconds, rates, behaviour, verdicts, passed };
}

async function measureTurn({ topology, target }: Contender, seconds: number, round: number): Promise<Turn> {
  const client = topology.host("client");
  const rate = await reading(topology.host("lb1"), () =>
    measureRequests(client, target, { seconds, clients: 32, oneEach: true }),
  );
  const half = Math.min(mostPerSecond, Math.round(rate.perSecond / 2));
  return {
    rate,
    half,
    atHalf: await measureConnects(client, { type: "connects", target, perSecond: half, seconds }),
    crowded: await measureRequests(client, target, { seconds, clients: 512, oneEach: true }),
    reuse: await measureConnects(client, { type: "reuse", target, port: reusedPort + round, times: 100 }),
  };
}

function behaviourOf(contender: ContenderName, turns: readonly Turn[]): Behaviour {
  const middle = (value: (turn: Turn) => number): number => median(turns.map(value));
  const sum = (value: (turn: Turn) => number): number => turns.reduce((total, turn) => total + value(turn), 0);
  return {
    contender,
    atHalf: {
      perSecond: middle(({ half }) => half),
      p50Ms: middle(({ atHalf }) => atHalf.p50Ms),
      p99Ms: middle(({ atHalf }) => atHalf.p99Ms),
      p999Ms: middle(({ atHalf }) => atHalf.p999Ms),
      failed: sum(({ atHalf }) => atHalf.failed),
    },
    crowded: {
      perSecond: middle(({ crowded }) => crowded.perSecond),
      p99Ms: middle(({ crowded }) => crowded.p99Ms),
      failed: sum(({ crowded }) => crowded.failed),
    },
    reuse: {
      failed: sum(({ reuse }) => reuse.failed),
      worstMs: worst(turns.map(({ reuse }) => reuse.worstMs)),
    },
  };
}

/** Without the fast path, and where connections begin on it. */
const nodes = ["vipair", "vipair-all"] as const;

const judge = (rates: readonly LoadResult[], behaviour: readonly Behaviour[]): Verdict[] =>
  nodes.filter((node) => of(rates, node) !== undefined).flatMap((node) => judgeNode(node, rates, behaviour));

function judgeNode(node: ContenderName, rates: readonly LoadResult[], behaviour: readonly Behaviour[]): Verdict[] {
  const own = of(rates, node);
  const cheaper = (name: ContenderName): Verdict => {
    const measured = quotient(own?.hopUs.median, of(rates, name)?.hopUs.median);
    return {
      text: `hop of a connection: ${node} / ${name} < 1`,
      measured,
      passed: measured === undefined || measured < 1,
    };
  };
  const [ours, theirs] = [of(behaviour, node), of(behaviour, "nftlb")];
  return [
    atMost(`hop of a connection: ${node} / routing`, own?.hopRatio, 1.5),
    cheaper("nftlb"),
    cheaper("haproxy"),
    atMost(`p99 to open: ${node} / nftlb`, ours && theirs && ours.atHalf.p99Ms / theirs.atHalf.p99Ms, 1),
    atMost(`a reused port: refused by ${node}`, ours?.reuse.failed, 0),
    // A SYN that is lost comes again after a second.
    atMost(`a reused port: the longest that ${node} takes, ms`, ours?.reuse.worstMs, 900),
  ];
}
