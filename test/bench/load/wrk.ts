import type { Host } from "../../topology/host.js";

/** What wrk measured: requests that were answered, or connections, when each is for one request. */
export interface Requests {
  readonly perSecond: number;
  readonly count: number;
  /** Latency in ms that 99 of 100 did not exceed. */
  readonly p99Ms: number;
  /** Connections that were refused or reset, and answers that did not come within two seconds. */
  readonly failed: number;
}

export interface RequestsOptions {
  readonly seconds: number;
  /** Clients that wait for their answers. */
  readonly clients: number;
  /** A connection for each request. */
  readonly oneEach?: boolean;
}

export async function measureRequests(
  client: Host,
  target: string,
  { seconds, clients, oneEach = false }: RequestsOptions,
): Promise<Requests> {
  const closing = oneEach ? ["-H", "Connection: close"] : [];
  const argv = ["wrk", "--latency", "-t1", `-c${clients}`, `-d${seconds}s`, ...closing, `http://${target}/`];
  return parseWrk(await client.check(argv, { timeoutMs: (seconds + 15) * 1_000 }));
}

/** Reads the text that wrk writes. */
export function parseWrk(text: string): Requests {
  const number = (pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? 0);
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text)?.slice(1) ?? [];
  return {
    perSecond: number(/Requests\/sec:\s+([\d.]+)/),
    count: number(/(\d+) requests in /),
    p99Ms: milliseconds(/\s99%\s+(\S+)/.exec(text)?.[1] ?? "0ms"),
    failed: errors.reduce((sum, count) => sum + Number(count), 0) + number(/Non-2xx or 3xx responses: (\d+)/),
  };
}

/** `812.00us`, `1.29ms`, `1.02s`. */
function milliseconds(text: string): number {
  const value = Number.parseFloat(text);
  if (text.endsWith("us")) return value / 1_000;
  return text.endsWith("ms") ? value : value * 1_000;
}
