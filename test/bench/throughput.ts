import type { Contender, ContenderName, Network } from "./contender/contender.js";
import { atLeast, atMost, compareHops, type HopBench, type LoadResult, of, ratioOf } from "./hop.js";
import { measureBulk, measurePackets } from "./load/iperf.js";
import { measureRequests } from "./load/wrk.js";
import { benchServices } from "./services.js";
import { type Reading, reading, takeTurns } from "./turns.js";

/** Without the fast path, and with it. */
const nodes = ["vipair", "vipair-fast"] as const;

export interface ThroughputBench extends HopBench {
  /** Eight TCP connections; in gigabits. */
  readonly bulk: readonly LoadResult[];
  /** UDP datagrams of 64 bytes, one flow. */
  readonly packets: readonly LoadResult[];
  /** Requests on 32 connections that are kept. */
  readonly requests: readonly LoadResult[];
}

interface Turn {
  readonly bulk: Reading;
  readonly packets: Reading | undefined;
  readonly requests: Reading;
}

export async function benchThroughput(
  names: readonly ContenderName[],
  rounds: number,
  seconds: number,
  say: (line: string) => void,
  network?: Network,
): Promise<ThroughputBench> {
  const turns = await takeTurns(
    names,
    rounds,
    benchServices,
    async (contender, round) => {
      const turn = await measureTurn(contender, seconds);
      say(`round ${round}: ${contender.name}: ${told(turn)}`);
      return turn;
    },
    network,
  );
  const compared = (load: keyof Turn): LoadResult[] =>
    compareHops(new Map([...turns].map(([name, all]) => [name, all.flatMap((turn) => turn[load] ?? [])]))).filter(
      ({ contender }) => (turns.get(contender)?.[0]?.[load] ?? undefined) !== undefined,
    );
  const [bulk, packets, requests] = [compared("bulk"), compared("packets"), compared("requests")];
  const verdicts = nodes
    .filter((node) => names.includes(node))
    .flatMap((node) => [
      atLeast(`bulk: ${node} / routing`, ratioOf(bulk, node, "routing"), 0.95),
      atLeast(`bulk: ${node} / haproxy`, ratioOf(bulk, node, "haproxy"), 1.5),
      atLeast(`packets: ${node} / routing`, ratioOf(packets, node, "routing"), 0.8),
      atLeast(`packets: ${node} / nftlb`, ratioOf(packets, node, "nftlb"), 1),
      atMost(`hop of a packet: ${node} / routing`, of(packets, node)?.hopRatio, 1.25),
    ]);
  const passed = verdicts.every((verdict) => verdict.passed);
  return { apart: network !== undefined, rounds, seconds, bulk, packets, requests, verdicts, passed };
}

async function measureTurn({ topology, target, protocols }: Contender, seconds: number): Promise<Turn> {
  const [client, balancer] = [topology.host("client"), topology.host("lb1")];
  return {
    bulk: await reading(balancer, () => measureBulk(client, target, seconds)),
    packets: protocols.includes("udp")
      ? await reading(balancer, () => measurePackets(client, target, seconds))
      : undefined,
    requests: await reading(balancer, () => measureRequests(client, target, { seconds, clients: 32 })),
  };
}

const told = ({ bulk, packets, requests }: Turn): string =>
  [
    `${bulk.perSecond.toFixed(1)} Gbit/s`,
    packets === undefined ? "no UDP" : `${Math.round(packets.perSecond)} datagrams/s`,
    `${Math.round(requests.perSecond)} requests/s`,
  ].join(", ");
