import type { Conntrack, FlowEvents, FlowWatch, FlowWatchOptions } from "@vipair/kernel";
import type { Role } from "@vipair/model";
import { openConnectionStore, ourConnections } from "./connections.js";
import { readRecords } from "./records.js";
import { openReplication, type Replication, type ReplicationOptions } from "./replication.js";

/** What both nodes have in common so that nothing breaks when the active one dies: its established connections. */
export interface Replicator
  extends Pick<
    Replication,
    | "protected"
    | "lagMs"
    | "missing"
    | "settled"
    | "report"
    | "protection"
    | "flush"
    | "reread"
    | "repair"
    | "roleChanged"
    | "termSeen"
    | "linkOpened"
    | "linkClosed"
  > {
  /** Replicated connections: on the active node its own, on the standby those it holds. */
  readonly connections: number;
  frameReceived(frame: Uint8Array): void;
  close(): Promise<void>;
}

export interface ReplicatorOptions extends Pick<ReplicationOptions, "link" | "refused" | "drifted"> {
  readonly conntrack: Pick<Conntrack, "dumpSlots" | "insertRecords" | "removeRecords">;
  /** The kernel's events of the selected connections. */
  readonly watch: (selection: FlowWatchOptions, listener: (events: FlowEvents) => void) => FlowWatch;
}

export function openReplicator({ conntrack, watch, ...options }: ReplicatorOptions): Replicator {
  const connections = openReplication({ store: openConnectionStore(conntrack, options.refused), ...options });
  const watching = watch({ ...ourConnections, onlyAssured: true }, (events) => {
    if (events.type === "overrun") connections.overran();
    else connections.happened((take) => readRecords(events.slots, take));
  });
  /** A standby hears of its own kernel only what it lost. A source must hear of everything before it reads the kernel. */
  const follow = (role: Role): void => watching.follow(role === "active" ? "everything" : "ends");
  follow("initialize");
  return {
    get connections() {
      return connections.records;
    },
    get protected() {
      return connections.protected;
    },
    get lagMs() {
      return connections.lagMs;
    },
    get missing() {
      return connections.missing;
    },
    get settled() {
      return connections.settled;
    },
    report: connections.report,
    protection: connections.protection,
    flush: connections.flush,
    reread: connections.reread,
    repair: connections.repair,
    roleChanged: (role, term) => {
      follow(role);
      connections.roleChanged(role, term);
    },
    termSeen: connections.termSeen,
    linkOpened: connections.linkOpened,
    linkClosed: connections.linkClosed,
    frameReceived: connections.frameReceived,
    close: async () => {
      connections.close();
      await watching.close();
    },
  };
}
