/** Requests a page again and again, each on a connection of its own, and notes what came of each. */
import { request } from "node:http";
import { monotonicMs, pause } from "../topology/clock.js";
import type { HttpReport } from "./http.js";
import { answerQuestions } from "./instrument.js";

const [url = "", rateText = "20"] = process.argv.slice(2);
const intervalMs = 1_000 / Number(rateText);
/** Longer than TCP's first retransmission of a lost SYN, as every real client has it. */
const timeoutMs = 3_000;

interface Request {
  readonly startedAt: number;
  readonly tookMs: number;
  readonly server: string | undefined;
  readonly error: string | undefined;
}
const pending = new Set<number>();
const requests: Request[] = [];

async function loop(): Promise<void> {
  for (let due = monotonicMs(); ; due += intervalMs) {
    await pause(Math.max(0, due - monotonicMs()));
    const startedAt = monotonicMs();
    pending.add(startedAt);
    // Not awaited: a request that hangs must not hold back the next.
    ask().then(
      (server) => note(startedAt, server, undefined),
      (error: Error) => note(startedAt, undefined, error.message),
    );
  }
}

function note(startedAt: number, server: string | undefined, error: string | undefined): void {
  pending.delete(startedAt);
  requests.push({ startedAt, tookMs: monotonicMs() - startedAt, server, error });
}

function ask(): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("end", () =>
        response.statusCode === 200 ? resolve(body.trim()) : reject(new Error(`status ${response.statusCode}`)),
      );
      response.on("error", reject);
    });
    const timer = setTimeout(() => outgoing.destroy(new Error("timeout")), timeoutMs);
    outgoing.on("close", () => clearTimeout(timer));
    outgoing.on("error", reject);
    outgoing.end();
  });
}

answerQuestions(async ({ fromMs, toMs }: { fromMs: number; toMs: number }): Promise<HttpReport> => {
  await pause(Math.max(0, toMs - monotonicMs()));
  while ([...pending].some((startedAt) => startedAt <= toMs)) await pause(20);
  const seen = requests
    .filter(({ startedAt }) => startedAt >= fromMs && startedAt <= toMs)
    .sort((a, b) => a.startedAt - b.startedAt);
  const failed = seen.filter(({ server }) => server === undefined);
  const servers = [...new Set(seen.flatMap(({ server }) => server ?? []))].sort();
  const errors = [...new Set(failed.flatMap(({ error }) => error ?? []))].sort();
  return {
    ok: seen.length - failed.length,
    failed: failed.length,
    longestFailureMs: longest(seen, toMs),
    slowestMs: Math.round(Math.max(0, ...seen.map(({ tookMs }) => tookMs))),
    servers,
    errors,
  };
});

/** Longest time from the start of the first failed request of a row to that of the next one that succeeded. */
function longest(seen: readonly Request[], toMs: number): number {
  let result = 0;
  let failingSince: number | undefined;
  for (const { startedAt, server } of seen) {
    if (server === undefined) {
      failingSince ??= startedAt;
    } else if (failingSince !== undefined) {
      result = Math.max(result, startedAt - failingSince);
      failingSince = undefined;
    }
  }
  if (failingSince !== undefined) result = Math.max(result, toMs - failingSince);
  return Math.round(result);
}

loop();
