/** Facts of the node itself, which reach whichever machine decides for it. */
export type NodeEvent =
  /** The balancer's rules are in the kernel: the node may take part. */
  | { readonly type: "started" }
  /** `now` has reached the machine's next deadline; everything that arrived before has been delivered before. */
  | { readonly type: "deadlineReached" }
  /** A tracked thing (`interface eth0`) failed or recovered. */
  | { readonly type: "trackChanged"; readonly track: string; readonly ok: boolean }
  | { readonly type: "readinessChanged"; readonly ready: boolean }
  | { readonly type: "maintenanceChanged"; readonly on: boolean }
  /** A sign of life of the balancer's process. */
  | { readonly type: "balancerHeard" }
  /** The balancer's process is gone. */
  | { readonly type: "balancerClosed" }
  /** The balancer has prepared a planned hand-over: ownership may pass now. */
  | { readonly type: "handoverPrepared"; readonly force: boolean }
  /** Outcomes of effects. */
  | { readonly type: "leaseRenewed" }
  | { readonly type: "leaseRefused"; readonly error: string }
  | { readonly type: "addressesRefused"; readonly error: string }
  /** Somebody else removed an address that this node holds. */
  | { readonly type: "addressRemoved"; readonly address: string }
  | { readonly type: "stopRequested" };
