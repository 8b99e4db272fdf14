import type { Host } from "../topology/host.js";
import { Instrument } from "./instrument.js";
import type { MeterReport } from "./window.js";

/** A thousand numbered UDP datagrams each second from a host to a service: what it loses is the outage. */
export class Meter {
  readonly #instrument: Instrument<{ fromMs: number; toMs: number }, MeterReport>;

  /** Starts sending at once. `ratePerSecond` up to 1000. */
  constructor(host: Host, address: string, port = 7, ratePerSecond = 1_000) {
    const args = [address, String(port), String(1_000 / ratePerSecond)];
    this.#instrument = new Instrument(host, "traffic/meter-program", args, { realTime: true });
  }

  /** What it saw between two instants on CLOCK_MONOTONIC; waits until the last answers had their time. */
  report(fromMs: number, toMs: number): Promise<MeterReport> {
    return this.#instrument.ask({ fromMs, toMs });
  }

  end(): Promise<number> {
    return this.#instrument.end();
  }
}
