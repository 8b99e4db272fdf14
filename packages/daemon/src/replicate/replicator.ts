import type { Conntrack, FlowEvents, FlowWatch, FlowWatchOptions } from "@vipair/kernel";
import { readStream, writeStream } from "@vipair/sync";
import { openAttention } from "./attention.js";
import { openConnectionStore, ourConnections } from "./connections.js";
import { openClientCounts } from "./persistence/client-counts.js";
import { type ClientStoreOptions, openClientStore } from "./persistence/clients.js";
import { renewBelow } from "./persistence/entry.js";
import { openTurns } from "./persistence/turns.js";
import { readRecords } from "./records.js";
import { openReplication, type Replication, type ReplicationOptions } from "./replication.js";

/**
 * What both nodes have in common so that nothing breaks when the active one dies: its established connections, and which
 * client goes to which server. Each is a replication of its own; they share the peer link as streams.
 */
export interface Replicator
  extends Pick<
    Replication,
    | "protected"
    | "lagMs"
    | "missing"
    | "settled"
    | "report"
    | "protection"
    | "reread"
    | "recount"
    | "repair"
    | "roleChanged"
    | "termSeen"
    | "linkOpened"
    | "linkClosed"
  > {
  /** Replicated connections: on the active node its own, on the standby those it holds. */
  readonly connections: number;
  /** As {@link Replication.flush} for both; resolves with the connections that the standby's kernel has not. */
  flush(): Promise<number>;
  readonly persistence: RememberedClients;
  /** Frames of no stream that this node knows. */
  readonly strangeFrames: number;
  frameReceived(frame: Uint8Array): void;
  close(): Promise<void>;
}

export interface RememberedClients extends Pick<Replication, "protected" | "putBack"> {
  readonly clients: number;
  /** Those of the service with this mark, as they were counted within the last second. */
  clientsOf(mark: number): number;
}

export interface ReplicatorOptions
  extends Pick<ReplicationOptions, "link" | "refused" | "drifted">,
    Pick<ClientStoreOptions, "maps" | "ruleset"> {
  readonly conntrack: Pick<Conntrack, "dumpSlots" | "insertRecords" | "removeRecords">;
  /** The kernel's events of the selected connections. */
  readonly watch: (selection: FlowWatchOptions, listener: (events: FlowEvents) => void) => FlowWatch;
}

const streams = { connections: 0, persistence: 1 } as const;

export function openReplicator(options: ReplicatorOptions): Replicator {
  const { conntrack, maps, ruleset, watch, link, refused } = options;
  const heard = (): boolean => attention.heard;
  const connections = openReplication({ ...options, heard, store: openConnectionStore(conntrack, refused) });
  const clients = openClientStore({ maps, ruleset, refused });
  const persistence = openReplication({
    store: clients,
    renewal: { below: renewBelow, all: true },
    link: onStream(link, streams.persistence),
    heard,
    refused,
  });
  const both = [connections, persistence];
  const toBoth = (act: (one: Replication) => void): void => {
    for (const one of both) act(one);
  };
  const turns = openTurns(persistence.frameReceived);
  const clientsOf = openClientCounts(persistence.each);
  const watching = watch({ ...ourConnections, onlyLasting: true }, (events) => {
    if (events.type === "overrun") return toBoth((one) => one.overran());
    connections.happened((take) => readRecords(events.slots, take));
    persistence.happened((take) => clients.readEvents(events.slots, take));
  });
  const attention = openAttention({ watching, turned: () => toBoth((one) => one.eventsMissed()) });
  let strangeFrames = 0;
  return {
    get connections() {
      return connections.records;
    },
    get protected() {
      return connections.protected;
    },
    get lagMs() {
      return Math.max(connections.lagMs, persistence.lagMs);
    },
    get missing() {
      return connections.missing ?? persistence.missing;
    },
    persistence: {
      get clients() {
        return persistence.records;
      },
      get protected() {
        return persistence.protected;
      },
      clientsOf,
      putBack: persistence.putBack,
    },
    get strangeFrames() {
      return strangeFrames;
    },
    flush: async () => {
      const [lost] = await Promise.all([connections.flush(), persistence.flush()]);
      return lost;
    },
    roleChanged: (role, term) => {
      // A source must hear of everything before it reads the kernel.
      attention.roleChanged(role);
      toBoth((one) => one.roleChanged(role, term));
    },
    termSeen: (term) => toBoth((one) => one.termSeen(term)),
    linkOpened: () => {
      turns.clear();
      attention.linkOpened();
      toBoth((one) => one.linkOpened());
    },
    linkClosed: () => {
      turns.clear();
      attention.linkClosed();
      toBoth((one) => one.linkClosed());
    },
    frameReceived: (frame) => {
      const stream = readStream(frame);
      if (stream === streams.persistence) turns.add(frame);
      // Bytes that are too short for a stream are no frame of the connections either, and counted there.
      else if (stream === streams.connections || stream === undefined) connections.frameReceived(frame);
      else strangeFrames++;
    },
    get settled() {
      return connections.settled;
    },
    report: connections.report,
    protection: connections.protection,
    reread: connections.reread,
    recount: async () => {
      await Promise.all(both.map((one) => one.recount()));
    },
    repair: connections.repair,
    close: async () => {
      turns.clear();
      attention.close();
      toBoth((one) => one.close());
      await watching.close();
    },
  };
}

/** The link for the frames of one stream. */
const onStream =
  (link: ReplicationOptions["link"], stream: number): ReplicationOptions["link"] =>
  () => {
    const { connected, backlog, sendFrame } = link();
    return {
      connected,
      backlog,
      sendFrame: (frame) => {
        writeStream(frame, stream);
        sendFrame(frame);
      },
    };
  };
