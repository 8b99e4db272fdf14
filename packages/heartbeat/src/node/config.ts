import { type Millis, millisOf, type Node, type Pair, trackKey } from "@vipair/model";

/** What the machine that decides for a node knows of it from the configuration, whichever machine that is. */
export interface NodeConfig {
  /** 1 to 254; the higher one is preferred (RFC 9568 § 5.2.4). */
  readonly priority: number;
  /** Advertisement interval. */
  readonly interval: Millis;
  readonly preempt: boolean;
  /** How long the reasons for preemption must have held before the node acts on them. */
  readonly preemptDelay: Millis;
  /** From the key of a track to its weight; `undefined`: decisive, the node may not be active without it. */
  readonly tracks: ReadonlyMap<string, number | undefined>;
  /**
   * The lease ends before the peer can take over: 2.5 intervals against its active down interval of more than 3, which
   * leaves half an interval for the renewal that was on its way and for clocks of different speed.
   */
  readonly leaseTtl: Millis;
  /** After a planned hand-over, traffic of stray frames passes for this long. */
  readonly lingerFor: Millis;
  /** A balancer that gave no sign of life for this long is lost. */
  readonly balancerTimeout: Millis;
  /** Life of an address in the kernel; refreshed every `addressRefresh`. */
  readonly addressValidFor: Millis;
  readonly addressRefresh: Millis;
  /** When announcements are sent, counted from the takeover; after the last one every `announceEvery`. */
  readonly announceAt: readonly Millis[];
  readonly announceEvery: Millis;
  /** How long a node stays out after its kernel refused the lease or an address. */
  readonly refusalHoldoff: Millis;
}

/** The node called `nodeName`, and the other one; throws when the pair has no such node. */
export function nodesOf(pair: Pair, nodeName: string): { own: Node; peer: Node } {
  const own = pair.nodes.find((node) => node.name === nodeName);
  const peer = pair.nodes.find((node) => node.name !== nodeName);
  if (own === undefined || peer === undefined) throw new Error(`no node ${nodeName} in pair ${pair.name}`);
  return { own, peer };
}

/** What the configuration says of the node called `nodeName`; throws when the pair has no such node. */
export function nodeConfig(pair: Pair, nodeName: string): NodeConfig {
  const { interval } = pair.heartbeat;
  return {
    priority: nodesOf(pair, nodeName).own.priority,
    interval,
    preempt: pair.preempt,
    preemptDelay: pair.preemptDelay,
    tracks: new Map(pair.track.map((track) => [trackKey(track), track.weight])),
    leaseTtl: millisOf(2.5 * interval),
    ...fixedTimes,
  };
}

const fixedTimes = {
  lingerFor: millisOf(1_000),
  balancerTimeout: millisOf(3_000),
  addressValidFor: millisOf(2_000),
  addressRefresh: millisOf(500),
  announceAt: [0, 50, 200, 1_000, 2_000, 5_000].map(millisOf),
  announceEvery: millisOf(30_000),
  refusalHoldoff: millisOf(5_000),
} as const;
