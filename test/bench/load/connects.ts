import { monotonicMs } from "../../topology/clock.js";
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

/** A request every few milliseconds, whatever becomes of those before, until one is answered. */
export interface FirstAnswerQuestion {
  readonly type: "firstAnswer";
  readonly target: string;
  readonly port: number;
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

/** Milliseconds on {@link monotonicMs} from the request for something to the first answer of the port that it opens. */
export async function measureFirstAnswer(
  client: Host,
  target: string,
  port: number,
  request: () => Promise<void>,
): Promise<number> {
  type Question = ReuseQuestion | FirstAnswerQuestion;
  const instrument = new Instrument<Question, ConnectsAnswer & { readonly at: number }>(client, connectsProgram, [], {
    realTime: true,
  });
  try {
    // So that it runs, and has its code compiled, when the request is made.
    await instrument.ask({ type: "reuse", target, port: warmUpPort, times: 1 });
    const answer = instrument.ask({ type: "firstAnswer", target, port }, 120_000);
    const requestedAt = monotonicMs();
    const [{ at }] = await Promise.all([answer, request()]);
    return at - requestedAt;
  } finally {
    await instrument.end();
  }
}

const connectsProgram = "bench/load/connects-program";
/** Outside of what the kernel gives to the other clients. */
const warmUpPort = 5_122;

/** Asks one client process on the host; it ends afterwards. */
export async function measureConnects(
  client: Host,
  question: ConnectsQuestion | ReuseQuestion,
): Promise<ConnectsAnswer> {
  const instrument = new Instrument<typeof question, ConnectsAnswer>(client, connectsProgram, [], {
    realTime: true,
  });
  try {
    return await instrument.ask(question, 60_000);
  } finally {
    await instrument.end();
  }
}
