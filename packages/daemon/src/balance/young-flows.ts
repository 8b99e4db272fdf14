import type { Ruleset } from "@vipair/balancer";
import {
  type ConnectionTimeouts,
  type Conntrack,
  isKernelError,
  type Young,
  type YoungConnection,
} from "@vipair/kernel";
import {
  type Endpoint,
  encodeRecords,
  type Flow,
  flowStatus,
  formatHostPort,
  type Instant,
  instantOf,
  protocols,
  recordLength4,
  recordLength6,
  tcpStates,
} from "@vipair/model";
import { atBeat } from "../pace.js";
import { openYoungServices } from "./young-services.js";

/**
 * Connections that begin on the kernel's fast path, where nobody but its program knows them while they are young. Most end
 * so. Those that last are given to conntrack, which is what the other node gets, and from then on are connections like all
 * others:
 *
 *     SYN ──▶ young ──── FIN both ways, RST ──▶ over
 *               │
 *               └─ open for a tenth of a second ──▶ in conntrack ──▶ no longer young: the ordinary way
 *
 * Before a hand-over none begins any more, and conntrack is given all, whatever their age. What goes wrong for a young
 * connection on the fast path (a neighbour, the size of a packet) TCP tries again when conntrack knows it.
 */
export interface YoungFlows {
  /** Which services there are, and where their connections go. */
  want(ruleset: Ruleset): void;
  /** Services whose connections begin so now. */
  readonly services: number;
  /** How many connections began so, by the rules' counters that did not count them. @throws KernelError */
  counts(): ReadonlyMap<string, number>;
  /** From now on none begins, and conntrack knows those that have, until {@link release}. @throws KernelError */
  hold(): void;
  release(): void;
  /** Forgets those to the server. */
  cut(server: Endpoint): void;
  /** Forgets all. */
  clear(): void;
  close(): void;
}

export interface YoungFlowsOptions {
  readonly young: Young;
  /** What it inserts has to be news to the replication. */
  readonly conntrack: Pick<Conntrack, "insertRecords" | "removeRecords">;
  /** As the host has them now: an operator may change them. */
  readonly timeouts: () => ConnectionTimeouts;
  readonly clock: () => Instant;
  readonly refused: (error: string) => void;
}

const youngForMs = 100;
/** So that what begins does not keep this process from its work. */
const mostAtOnce = 2_000;

/** Seconds that conntrack has by default for what is being opened, and for what one side has ended. */
const openingTimeout = 60;
const endingTimeout = 120;

export function openYoungFlows(options: YoungFlowsOptions): YoungFlows {
  const { young, conntrack, clock, refused } = options;
  const services = openYoungServices(young, refused);
  let told: string | undefined;

  const giveAway = (connections: readonly YoungConnection[], timeouts: ConnectionTimeouts): void => {
    const lasting = connections.filter(({ ended }) => !ended);
    const records = encodeRecords(lasting.map((one) => flowOf(one, services.markOf(one), timeouts)));
    const insertion = conntrack.insertRecords(records);
    const refusals = new Set(insertion.refused);
    let at = 0;
    for (const connection of lasting) {
      const record = records.subarray(at, at + lengthOf(connection));
      if (!refusals.has(at)) handOver(connection, record);
      at += record.length;
    }
    const errors = [...insertion.errors.keys()].join(", ");
    tell(errors === "" ? "" : `conntrack takes no young connections: ${errors}`);
  };
  /** What has ended meanwhile stays where its last packets are expected. */
  const handOver = (connection: YoungConnection, record: Uint8Array): void => {
    if (young.look(connection)?.ended === true) conntrack.removeRecords(record);
    else young.forget(connection);
  };
  const forgetThose = (server: string): void => {
    for (const piece of young.all()) {
      for (const connection of piece) if (serverOf(connection) === server) young.forget(connection);
    }
  };
  const tell = (errors: string): void => {
    if (errors !== "" && errors !== told) refused(errors);
    told = errors;
  };
  const turn = (): void => {
    const open = young.openSince(instantOf(clock() - youngForMs), mostAtOnce);
    if (open.length > 0) giveAway(open, options.timeouts());
  };
  const attempt = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      if (!isKernelError(error)) throw error;
      tell(error.message);
    }
  };
  const turning = atBeat(() => attempt(turn));

  return {
    want: services.want,
    get services() {
      return services.count;
    },
    counts: services.counts,
    hold: () => {
      services.hold();
      const timeouts = options.timeouts();
      for (const piece of young.all()) giveAway(piece, timeouts);
    },
    release: services.release,
    cut: (server) => {
      services.settle();
      attempt(() => forgetThose(formatHostPort(server)));
    },
    clear: () => attempt(young.clear),
    close: () => {
      turning.close();
      services.close();
    },
  };
}

const { seenReply, assured, destinationTranslated } = flowStatus;

function flowOf(connection: YoungConnection, mark: number, { tcpEstablished }: ConnectionTimeouts): Flow {
  const { original, reply, confirmed, answered, ending } = connection;
  const common = { protocol: protocols.tcp, original, reply, mark };
  const tcp = (state: number) => ({ state, scaleOriginal: 0, scaleReply: 0, flagsOriginal: 0, flagsReply: 0 });
  if (confirmed) {
    return {
      ...common,
      status: seenReply | assured | destinationTranslated,
      timeout: ending ? endingTimeout : tcpEstablished,
      tcp: tcp(ending ? tcpStates.finWait : tcpStates.established),
    };
  }
  return {
    ...common,
    status: (answered ? seenReply : 0) | destinationTranslated,
    timeout: openingTimeout,
    tcp: tcp(answered ? tcpStates.synReceived : tcpStates.synSent),
  };
}

const serverOf = ({ reply }: YoungConnection): string =>
  formatHostPort({ address: reply.source, port: reply.sourcePort });

const lengthOf = ({ original }: YoungConnection): number =>
  original.source.family === 4 ? recordLength4 : recordLength6;
