import { monotonicMs, until } from "../topology/clock.js";
import type { Host } from "../topology/host.js";
import { Instrument } from "./instrument.js";

/** A connection that was reset, closed, or had no answer for five seconds. */
export interface BrokenSession {
  /** The client's. */
  readonly port: number;
  /** The server that answered it first; `undefined` when none ever did. */
  readonly server: string | undefined;
  readonly atMs: number;
  /** How often it asked. */
  readonly everyMs: number;
  /** `ECONNRESET`, `closed by the other end`, `no answer for 5000 ms`. */
  readonly because: string;
}

/** What became of the connections between two instants. */
export interface SessionsReport {
  /** Connections that live at the end and were answered at least once. */
  readonly alive: number;
  /** The client's ports of these. */
  readonly ports: readonly number[];
  readonly answered: number;
  /** Connections that got at least one answer. */
  readonly heard: number;
  /** Connections that wait for an answer at the end. */
  readonly waiting: number;
  readonly broken: readonly BrokenSession[];
  /** The longest that a connection waited for an answer. */
  readonly longestWaitMs: number;
  /** Connections that got an answer from another server than their first. */
  readonly strayed: number;
  readonly servers: readonly string[];
}

/** Long-lived HTTP connections from a host: half ask every 50 ms, half every 2 s, and none ever connects again. */
export class Sessions {
  readonly #instrument: Instrument<{ fromMs: number; toMs: number }, SessionsReport>;

  private constructor(
    host: Host,
    address: string,
    readonly count: number,
  ) {
    this.#instrument = new Instrument(host, "traffic/session-program", [address, String(count)]);
  }

  /** Opens them all, and waits until each was answered once. */
  static async open(host: Host, address: string, count: number): Promise<Sessions> {
    const sessions = new Sessions(host, address, count);
    await until(`${count} connections to ${address} are answered`, 5_000, async () => {
      const now = monotonicMs();
      return (await sessions.report(now, now)).alive === count;
    });
    return sessions;
  }

  /** What became of them between two instants on CLOCK_MONOTONIC. */
  report(fromMs: number, toMs: number): Promise<SessionsReport> {
    return this.#instrument.ask({ fromMs, toMs });
  }

  end(): Promise<number> {
    return this.#instrument.end();
  }
}
