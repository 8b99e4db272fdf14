import type { Host } from "../../topology/host.js";
import { Instrument } from "../instrument.js";
import type { Target } from "../target.js";

/** How many connections of each sort; the targets get them in turns. */
export interface ConnectionsPlan {
  readonly targets: readonly Target[];
  readonly busy: number;
  /** How often each busy one asks, if its last answer is there. */
  readonly everyMs: number;
  /** These ask once when they are opened, and then when they are told to. */
  readonly idle: number;
  readonly streams: number;
  /** What each stream takes at most; as fast as it can when left out. */
  readonly octetsPerSecond?: number;
  /** How long an answer, or a stream's next octets, may take; {@link defaultPatienceMs} when left out. */
  readonly patienceMs?: number;
}

export type ConnectionKind = "busy" | "idle" | "stream";

/** A connection that was reset, closed, brought wrong octets, or made no progress for too long. */
export interface BrokenConnection {
  /** The client's. */
  readonly port: number;
  readonly kind: ConnectionKind;
  readonly atMs: number;
  /** `ECONNRESET`, `closed by the other end`, `wrong octets`, `nothing for 10000 ms`. */
  readonly because: string;
}

/** Longer than any outage with the retransmission that follows it. */
export const defaultPatienceMs = 10_000;

/** What became of the connections since the window began. */
export interface ConnectionsReport {
  readonly windowMs: number;
  /** Connections that live. */
  readonly alive: number;
  /** The client's ports of these. */
  readonly ports: readonly number[];
  /** Ever, not only in the window. */
  readonly broken: readonly BrokenConnection[];
  /** Time between two questions of a busy connection, as it came out. */
  readonly everyMs: number;
  /** The longest that an answer was, or has been, waited for. */
  readonly longestWaitMs: number;
  /** Octets that all streams brought. */
  readonly octets: number;
  /** The longest that a stream brought nothing. */
  readonly longestSilenceMs: number;
}

export type ConnectionsQuestion =
  /** Opens them all; answered when each has been answered once. */
  | { readonly type: "open" }
  /** A window begins; answered with the report of the one before. */
  | { readonly type: "begin" }
  | { readonly type: "report" }
  /** Every connection has to make progress from now on, the idle ones too; answered when each has, or is broken. */
  | { readonly type: "prove" }
  | { readonly type: "pace"; readonly everyMs: number };

/** Long-lived TCP connections from a host, held by one process. */
export class Connections {
  readonly #instrument: Instrument<ConnectionsQuestion, ConnectionsReport>;

  private constructor(
    host: Host,
    readonly plan: ConnectionsPlan,
  ) {
    this.#instrument = new Instrument(host, "traffic/connections/program", [JSON.stringify(plan)]);
  }

  /** Opens them all, and waits until each was answered once. */
  static async open(host: Host, plan: ConnectionsPlan): Promise<Connections> {
    const connections = new Connections(host, plan);
    const { alive, broken } = await connections.#instrument.ask({ type: "open" }, 30_000);
    if (alive < connections.count) {
      await connections.end();
      throw new Error(`${alive} of ${connections.count} connections live: ${broken[0]?.because}`);
    }
    return connections;
  }

  get count(): number {
    return this.plan.busy + this.plan.idle + this.plan.streams;
  }

  /** From now on, {@link report} tells of what follows; returns what it would have told of until now. */
  begin(): Promise<ConnectionsReport> {
    return this.#instrument.ask({ type: "begin" });
  }

  report(): Promise<ConnectionsReport> {
    return this.#instrument.ask({ type: "report" });
  }

  /** Waits until every connection, the idle ones too, has made progress after this call or is broken. */
  prove(): Promise<ConnectionsReport> {
    return this.#instrument.ask({ type: "prove" }, 2 * (this.plan.patienceMs ?? defaultPatienceMs));
  }

  pace(everyMs: number): Promise<ConnectionsReport> {
    return this.#instrument.ask({ type: "pace", everyMs });
  }

  end(): Promise<number> {
    return this.#instrument.end();
  }
}
