import type { Millis, Reach, Role, RoleReason } from "@vipair/model";

/** What either machine wants done in the node's kernel, and told to its balancer; performed in the order given. */
export type NodeEffect =
  /** Answers and traffic for the addresses pass for `ttl` from now. Outcome: `leaseRenewed` or `leaseRefused`. */
  | { readonly type: "renewLease"; readonly ttl: Millis }
  /** Answers stop at once; traffic of stray frames passes for `linger` more (0: stops as well). */
  | { readonly type: "dropLease"; readonly linger: Millis }
  /** Adds them, or lengthens the life of those that are there. Outcome on failure: `addressesRefused`. */
  | { readonly type: "addAddresses"; readonly validFor: Millis }
  | { readonly type: "removeAddresses" }
  /** One gratuitous ARP or unsolicited neighbour advertisement for each address. */
  | { readonly type: "announceAddresses" }
  | { readonly type: "refuseHandover"; readonly reason: string }
  | {
      readonly type: "reportRole";
      readonly from: Role;
      readonly to: Role;
      readonly reason: RoleReason;
      readonly term: number;
      /** What this node and its peer reached, as far as known; absent where the machine does not compare that. */
      readonly reach?: Reach;
      readonly peerReach?: Reach;
    }
  | { readonly type: "reportRestored"; readonly address: string }
  | { readonly type: "reportRefused"; readonly error: string }
  /** Two active nodes heard each other; `yields` says whether this one gives way. */
  | { readonly type: "reportConflict"; readonly yields: boolean }
  /** Nothing is left to do for this process. */
  | { readonly type: "exit" };
