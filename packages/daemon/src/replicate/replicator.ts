import type { Conntrack, FlowEvents, FlowWatch, FlowWatchOptions } from "@vipair/kernel";
import { openConnectionStore, ourConnections } from "./connections.js";
import { readRecords } from "./records.js";
import { openReplication, type Replication, type ReplicationOptions } from "./replication.js";

/** What both nodes have in common so that nothing breaks when the active one dies: its established connections. */
export interface Replicator
  extends Pick<
    Replication,
    "protected" | "lagMs" | "missing" | "settled" | "flush" | "roleChanged" | "termSeen" | "linkOpened" | "linkClosed"
  > {
  /** Replicated connections: on the active node its own, on the standby those it holds. */
  readonly connections: number;
  frameReceived(frame: Uint8Array): void;
  close(): Promise<void>;
}

export interface ReplicatorOptions extends Pick<ReplicationOptions, "link" | "refused"> {
  readonly conntrack: Pick<Conntrack, "dumpSlots" | "insertRecords" | "removeRecords">;
  /** The kernel's events of the selected connections. */
  readonly watch: (selection: FlowWatchOptions, listener: (events: FlowEvents) => void) => FlowWatch;
}

export function openReplicator({ conntrack, watch, link, refused }: ReplicatorOptions): Replicator {
  const connections = openReplication({ store: openConnectionStore(conntrack, refused), link, refused });
  const watching = watch({ ...ourConnections, onlyAssured: true }, (events) => {
    if (events.type === "overrun") connections.overran();
    else connections.happened((take) => readRecords(events.slots, take));
  });
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
    flush: connections.flush,
    roleChanged: connections.roleChanged,
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
