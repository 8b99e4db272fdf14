import type { Endpoint, HealthCheck, Millis } from "@vipair/model";
import type { ProbeResult } from "./attempt.js";
import { probeHttp } from "./http.js";
import { probeTcp } from "./tcp.js";

/**
 * Runs one health check against a server, over a connection of its own. Answers within `timeout`, whatever the server
 * does, and leaves no socket open. Never rejects.
 *
 * @param signal ends the probe early: it failed, because it was `aborted`.
 */
export function probe(
  check: HealthCheck,
  server: Endpoint,
  timeout: Millis,
  signal?: AbortSignal,
): Promise<ProbeResult> {
  const target = { ...server, port: check.port ?? server.port };
  switch (check.type) {
    case "tcp":
      return probeTcp(target, timeout, signal);
    case "http":
    case "https":
      return probeHttp(check, target, timeout, signal);
  }
}

/**
 * Runs all checks at the same time, each within `timeout`. All must pass; the first that fails gives the reason and ends
 * the others.
 */
export async function probeAll(
  checks: readonly HealthCheck[],
  server: Endpoint,
  timeout: Millis,
  signal?: AbortSignal,
): Promise<ProbeResult> {
  const rest = new AbortController();
  const abort = () => rest.abort();
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  let failure: ProbeResult | undefined;
  const results = await Promise.all(
    checks.map(async (check) => {
      const result = await probe(check, server, timeout, rest.signal);
      if (!result.ok && failure === undefined) {
        failure = result;
        abort();
      }
      return result;
    }),
  );
  signal?.removeEventListener("abort", abort);
  return failure ?? { ok: true, because: results.map(({ because }) => because).join(", ") || "no check" };
}
