/** How the host is set, as far as it matters to the packets that it forwards; and what would be better. */
export interface TuningReadings {
  /** That are online. */
  readonly processors: number;
  /** Absent where the kernel shows none, such as before the first rule that needs it. */
  readonly conntrack?: ConntrackReadings;
  /** The network cards below the interfaces of the virtual addresses; an interface without any stands for itself. */
  readonly interfaces: readonly InterfaceReadings[];
}

export interface ConntrackReadings {
  /** Entries now, and the most there may be. */
  readonly count: number;
  readonly most: number;
  readonly buckets: number;
  /** Whether packets and bytes of each connection are counted. */
  readonly accounting: boolean;
  /** How long an idle TCP connection is remembered. */
  readonly establishedSeconds: number;
}

export interface InterfaceReadings {
  readonly name: string;
  /** A card; not one end of a cable inside of the kernel, a tunnel, or the like. */
  readonly isCard: boolean;
  readonly receiveQueues: number;
  /** What the driver offers; absent where it does not say. */
  readonly mostQueues?: number;
  /** Among how many processors the kernel spreads what comes in (RPS); 0: it does not. */
  readonly steeredTo: number;
  /** How many processors take its interrupts; absent where that cannot be told. */
  readonly interruptProcessors?: number;
  /** Generic receive offload; absent where the driver does not say. */
  readonly receiveOffload?: boolean;
}

/** A setting that would better be another. Nobody but the operator sets it. */
export interface TuningAdvice {
  /** `nf_conntrack_max`, `eth0 receive queues`. */
  readonly setting: string;
  readonly now: string;
  readonly advised: string;
  readonly because: string;
  /** What sets it until the next boot; for a shell of root. */
  readonly command: string;
  /** As it is, connections are refused or lost, now or at the next takeover. */
  readonly urgent: boolean;
}

export interface TuningReport {
  readonly readings: TuningReadings;
  readonly advice: readonly TuningAdvice[];
}

/** `vipair tuning --json`: this node, then the other. */
export interface TuningStatusReport {
  readonly nodes: readonly NodeTuning[];
}

export interface NodeTuning {
  readonly node: string;
  /** Absent while the node has not said anything. */
  readonly tuning?: TuningReport;
}
