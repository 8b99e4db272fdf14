import type { Host } from "../../topology/host.js";
import { Instrument } from "../../traffic/instrument.js";

/** Connections that are opened at a steady rate, whatever becomes of those before. Each is reset when it is open. */
export interface ConnectsQuestion {
  readonly type: "connects";
  readonly target: string;
  readonly perSecond: number;
  readonly seconds: number;
}

/** The same port of the client again and again; each connection is closed by the server, and the next follows at once. */
export interface ReuseQuestion {
  readonly type: "reuse";
  readonly target: string;
  readonly port: number;
  readonly times: number;
}

/** In ms, of those that came about. */
export interface ConnectsAnswer {
  readonly count: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly worstMs: number;
}

/** Asks one client process on the host; it ends afterwards. */
export async function measureConnects(
  client: Host,
  question: ConnectsQuestion | ReuseQuestion,
): Promise<ConnectsAnswer> {
  const instrument = new Instrument<typeof question, ConnectsAnswer>(client, "bench/load/connects-program", [], {
    realTime: true,
  });
  try {
    return await instrument.ask(question, 60_000);
  } finally {
    await instrument.end();
  }
}
