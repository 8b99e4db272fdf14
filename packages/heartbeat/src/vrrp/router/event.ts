import type { IpAddress, Millis } from "@vipair/model";
import type { NodeEvent } from "../../node/event.js";

/** Facts that reach the virtual router. */
export type RouterEvent =
  | NodeEvent
  /** An ADVERTISEMENT that RFC 9568 § 7.1 does not discard. */
  | AdvertReceived
  /** The peer is known to have been active with this term; advertisements do not say so. */
  | { readonly type: "termSeen"; readonly term: number };

export interface AdvertReceived {
  readonly type: "advertReceived";
  /** Number of the link it arrived on, as the configuration counts them. */
  readonly link: number;
  readonly priority: number;
  /** Max Advertise Interval. */
  readonly interval: Millis;
  /** Primary address of the router that sent it. */
  readonly sender: IpAddress;
  /** This node's primary address on the link; `undefined` while it has none. */
  readonly local: IpAddress | undefined;
}
