import { type IpAddress, type Millis, millisOf, type Pair } from "@vipair/model";
import { type NodeConfig, nodeConfig, nodesOf } from "../node/config.js";
import { ranksBefore } from "../node/rank.js";

/** What one node's election knows from the configuration; the same file gives both nodes theirs. */
export interface ElectionConfig extends NodeConfig {
  readonly address: IpAddress;
  /** Decides between equal priorities (RFC 9568 § 6.4.3). */
  readonly peerAddress: IpAddress;
  /** The configured priorities and addresses rank the peer before this node. */
  readonly ranksSecond: boolean;
  /** How long an active node that was claimed waits for its balancer before it yields by itself. */
  readonly claimPatience: Millis;
  /** How long this node must have reached more than the active one before it claims, beside the lag of what differs. */
  readonly reachDelay: Millis;
  /** How much later than the other one a node may notice that a gateway fell silent or spoke again. */
  readonly gatewayLag: Millis;
  /** A node that gave way to a better placed one claims nothing for so long. */
  readonly reachHoldoff: Millis;
  /** In silence on all paths, a witness must be reached before this node becomes active. */
  readonly needsWitness: boolean;
}

/** The election of the node called `nodeName`; throws when the pair has no such node. */
export function electionConfig(pair: Pair, nodeName: string): ElectionConfig {
  const { own, peer } = nodesOf(pair, nodeName);
  return {
    ...nodeConfig(pair, nodeName),
    address: own.address,
    peerAddress: peer.address,
    ranksSecond: ranksBefore(peer, own),
    claimPatience: millisOf(2_000),
    reachDelay: pair.reachDelay,
    gatewayLag: gatewayLag(pair),
    reachHoldoff: millisOf(5 * pair.reachDelay),
    needsWitness: pair.witness.length > 0,
  };
}

/** Both nodes ask a gateway every interval, out of step, and one of them may wait for an answer until its patience ends. */
function gatewayLag({ track }: Pair): Millis {
  const lags = track.flatMap((one) => (one.kind === "gateway" ? [one.interval + Math.min(one.interval, 1_000)] : []));
  return millisOf(Math.max(0, ...lags));
}
