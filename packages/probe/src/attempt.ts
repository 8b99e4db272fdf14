import type { Millis } from "@vipair/model";

/** What a probe found. */
export interface ProbeResult {
  readonly ok: boolean;
  /** In words: `https 200 in 3 ms`, `connection refused`, `timeout after 1000 ms while connecting`. */
  readonly because: string;
}

/** Something that holds a socket. */
export interface Destroyable {
  destroy(): unknown;
}

/** One probe under way. */
export interface Attempt {
  /** What it is doing, as the words behind "while": `connecting`. */
  phase: string;
  /** Ends it; only the first call counts. */
  settle(result: ProbeResult): void;
  /** Since the start, in whole milliseconds. */
  elapsed(): number;
}

/** A timer that is later than this says that the process itself was stalled. */
const stallMs = 50;

/**
 * Runs one probe under a hard deadline. `start` opens the connection and returns what is to be destroyed when the probe
 * is over, for whatever reason.
 */
export function runAttempt(
  timeout: Millis,
  signal: AbortSignal | undefined,
  start: (attempt: Attempt) => Destroyable,
): Promise<ProbeResult> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve({ ok: false, because: "aborted" });
    const startedAt = performance.now();
    let connection: Destroyable | undefined;
    let settled = false;
    const attempt: Attempt = {
      phase: "connecting",
      elapsed: () => Math.round(performance.now() - startedAt),
      settle(result) {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        connection?.destroy();
        resolve(result);
      },
    };
    const expire = () => attempt.settle({ ok: false, because: `timeout after ${timeout} ms while ${attempt.phase}` });
    const abort = () => attempt.settle({ ok: false, because: "aborted" });
    const wake = () => {
      const late = performance.now() - startedAt - timeout;
      if (late < stallMs) return expire();
      timer = setTimeout(expire, Math.min(late, timeout));
    };
    let timer = setTimeout(wake, timeout);
    signal?.addEventListener("abort", abort, { once: true });
    connection = start(attempt);
    if (settled) connection.destroy();
  });
}
