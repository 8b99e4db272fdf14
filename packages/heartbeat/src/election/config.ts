import { type IpAddress, type Millis, millisOf, type Pair } from "@vipair/model";
import { type NodeConfig, nodeConfig, nodesOf } from "../node/config.js";

/** What one node's election knows from the configuration; the same file gives both nodes theirs. */
export interface ElectionConfig extends NodeConfig {
  readonly address: IpAddress;
  /** Decides between equal priorities (RFC 9568 § 6.4.3). */
  readonly peerAddress: IpAddress;
  /** How long an active node that was claimed waits for its balancer before it yields by itself. */
  readonly claimPatience: Millis;
}

/** The election of the node called `nodeName`; throws when the pair has no such node. */
export function electionConfig(pair: Pair, nodeName: string): ElectionConfig {
  const { own, peer } = nodesOf(pair, nodeName);
  return {
    ...nodeConfig(pair, nodeName),
    address: own.address,
    peerAddress: peer.address,
    claimPatience: millisOf(2_000),
  };
}
