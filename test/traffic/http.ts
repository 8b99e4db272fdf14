import type { Host } from "../topology/host.js";
import { Instrument } from "./instrument.js";

/** What the client saw of the HTTP service between two instants; each request had three seconds. */
export interface HttpReport {
  readonly ok: number;
  readonly failed: number;
  readonly longestFailureMs: number;
  readonly slowestMs: number;
  readonly servers: readonly string[];
  readonly errors: readonly string[];
}

/** HTTP requests from a host at a steady rate, each on a connection of its own. */
export class HttpClient {
  readonly #instrument: Instrument<{ fromMs: number; toMs: number }, HttpReport>;

  constructor(host: Host, url: string, ratePerSecond = 20) {
    this.#instrument = new Instrument(host, "traffic/http-program", [url, String(ratePerSecond)]);
  }

  /** What it saw between two instants on CLOCK_MONOTONIC; waits for the last answers. */
  report(fromMs: number, toMs: number): Promise<HttpReport> {
    return this.#instrument.ask({ fromMs, toMs });
  }

  end(): Promise<number> {
    return this.#instrument.end();
  }
}
