import {
  type BusyFlow,
  bootClock,
  type ConnectionTimeouts,
  type Conntrack,
  type FastPath,
  fastPathRoom,
  isKernelError,
  openFastPath,
  readConnectionTimeouts,
  removeFastPath,
} from "@vipair/kernel";
import {
  type Config,
  elapsed,
  type Flow,
  flowMark,
  flowMarkMask,
  flowStatus,
  formatHostPort,
  type Instant,
  interfacesOf,
  millisOf,
  protocols,
  tcpStates,
} from "@vipair/model";
import { atBeat } from "../pace.js";
import { openYoungFlows, type YoungFlows, type YoungFlowsOptions } from "./young-flows.js";

/**
 * Which connections take the kernel's fast path: those of our services that are busy and that conntrack knows as established.
 * Conntrack does not see their packets there, so what it keeps of them is refreshed from here, and they leave when they have
 * been idle, before it would forget them.
 *
 *     many packets seen ──▶ ours, established? ──▶ carried ──── idle, ended, cut, or the role is lost ──▶ the ordinary way
 *                                                  │     ▲
 *                                                  └─────┘ every 20 s: still busy, refreshed in conntrack
 */
export interface FastFlows {
  /** See `FastPath`. */
  readonly leaseFd: number;
  /** Connections on the fast path now. */
  readonly count: number;
  /** Those that begin there; `undefined` where none does. */
  readonly young: YoungFlows | undefined;
  /** All take the ordinary way again; who is busy comes back. */
  clear(): void;
  /** Ownership is lost: nothing is carried here, and nobody knows what was young. */
  abandon(): void;
  close(): void;
}

export interface FastFlowsOptions {
  readonly fastPath: FastPath;
  readonly room: number;
  readonly young: YoungFlows | undefined;
  readonly conntrack: Pick<Conntrack, "find" | "refresh">;
  /** As the host has them now: an operator may change them. */
  readonly timeouts: () => ConnectionTimeouts;
  readonly clock: () => Instant;
  readonly refused: (error: string) => void;
}

/** A fifth of a second. */
const admitBeats = 2;
/** So that what is busy elsewhere does not keep this process from its work. */
const mostAtOnce = 200;
/** Less than conntrack keeps a datagram that nobody has answered: 30 s. */
const lookEvery = millisOf(20_000);

interface Carried {
  readonly flow: Flow;
  readonly since: Instant;
}

/**
 * Opens the fast path when it is configured; otherwise takes away what a killed daemon may have left. Where the kernel refuses,
 * that is told, and everything takes the ordinary way.
 * @param news see {@link YoungFlowsOptions.conntrack}
 */
export function openConfiguredFlows(
  { fastPath, addresses }: Pick<Config, "fastPath" | "addresses">,
  conntrack: FastFlowsOptions["conntrack"],
  news: YoungFlowsOptions["conntrack"],
  refused: (error: string) => void,
): FastFlows | undefined {
  const interfaces = interfacesOf(addresses);
  if (fastPath === "none") {
    removeFastPath(interfaces);
    return undefined;
  }
  try {
    const common = { timeouts: readConnectionTimeouts, clock: bootClock, refused };
    const opened = openFastPath(interfaces, { begins: fastPath === "all" });
    const young = opened.young && openYoungFlows({ ...common, young: opened.young, conntrack: news });
    return openFastFlows({ ...common, fastPath: opened, room: fastPathRoom, conntrack, young });
  } catch (error) {
    if (!isKernelError(error)) throw error;
    refused(`there is no fast path: ${error.message}`);
    return undefined;
  }
}

export function openFastFlows(options: FastFlowsOptions): FastFlows {
  const { fastPath, room, young, conntrack, clock, refused } = options;
  /** Whoever was looked at longest ago comes first. */
  const carried = new Map<string, Carried>();
  /** Read once in a turn, when that needs them. */
  let timeouts: ConnectionTimeouts | undefined;

  const admit = (): void => {
    for (let taken = 0; taken < mostAtOnce; taken++) {
      const busy = fastPath.takeBusy();
      if (busy === undefined) return;
      consider(busy);
    }
  };
  const consider = (busy: BusyFlow): void => {
    const flow = conntrack.find(busy.protocol, busy.tuple);
    // Somebody else's: that it is busy is told once.
    if (flow === undefined || !isOurs(flow)) return;
    const name = nameOf(flow);
    const hasRoom = carried.size < room || carried.has(name);
    const isTaken = hasRoom && isEstablished(flow);
    if (isTaken) carry(name, flow);
    // It is asked again, for both directions.
    if (!isTaken || directionsOf(flow) === "original") fastPath.forgetBusy(busy);
  };
  const carry = (name: string, flow: Flow): void => {
    const outcome = fastPath.add(flow, directionsOf(flow));
    if (!outcome.ok) return refused(outcome.error);
    carried.delete(name);
    carried.set(name, { flow, since: clock() });
    timeouts ??= options.timeouts();
    // After the last packet that conntrack saw: see `Conntrack.refresh`.
    if (!conntrack.refresh(flow, timeoutOf(flow, timeouts))) drop(name, flow);
  };
  const look = (): void => {
    const now = clock();
    for (const [name, { flow, since }] of carried) {
      if (elapsed(since, now) < lookEvery) return;
      const seen = fastPath.lastSeen(flow);
      if (seen === undefined || seen < since) drop(name, flow);
      else renew(name, flow);
    }
  };
  const renew = (name: string, before: Flow): void => {
    const flow = conntrack.find(before.protocol, before.original);
    drop(name, before);
    if (flow !== undefined && isOurs(flow) && isEstablished(flow)) carry(name, flow);
  };
  const drop = (name: string, flow: Flow): void => {
    carried.delete(name);
    fastPath.remove(flow);
  };
  const turn = (): void => {
    timeouts = undefined;
    try {
      admit();
      look();
    } catch (error) {
      if (!isKernelError(error)) throw error;
      refused(error.message);
    }
  };
  const turning = atBeat(turn, admitBeats);

  const clear = (): void => {
    for (const [name, { flow }] of carried) drop(name, flow);
  };
  return {
    leaseFd: fastPath.leaseFd,
    young,
    get count() {
      return carried.size;
    },
    clear,
    abandon: () => {
      clear();
      young?.clear();
    },
    close: () => {
      turning.close();
      young?.close();
      fastPath.close();
    },
  };
}

const isOurs = ({ mark, status }: Flow): boolean =>
  (mark & flowMarkMask) >>> 0 === flowMark && (status & flowStatus.destinationTranslated) !== 0;

const isEstablished = ({ protocol, status, tcp: state }: Flow): boolean =>
  protocol !== protocols.tcp || (state?.state === tcpStates.established && (status & flowStatus.assured) !== 0);

/**
 * Until conntrack calls it assured, answers must pass where it sees them: a flow of UDP is that once it has been answered for two
 * seconds, and only what is assured is replicated.
 */
const directionsOf = ({ status }: Flow) => ((status & flowStatus.assured) === 0 ? "original" : "both");

const timeoutOf = ({ protocol, status }: Flow, timeouts: ConnectionTimeouts): number => {
  if (protocol === protocols.tcp) return timeouts.tcpEstablished;
  return (status & flowStatus.seenReply) === 0 ? timeouts.udp : timeouts.udpStream;
};

const nameOf = ({ protocol, original }: Flow): string => {
  const { source, sourcePort, destination, destinationPort } = original;
  const from = formatHostPort({ address: source, port: sourcePort });
  return `${protocol} ${from} ${formatHostPort({ address: destination, port: destinationPort })}`;
};
