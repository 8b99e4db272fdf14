import { createConnection } from "node:net";
import type { Endpoint, Millis } from "@vipair/model";
import { type ProbeResult, runAttempt } from "./attempt.js";
import { describeError } from "./error.js";

/** Connects, and nothing more. */
export function probeTcp(server: Endpoint, timeout: Millis, signal?: AbortSignal): Promise<ProbeResult> {
  return runAttempt(timeout, signal, (attempt) => {
    const socket = createConnection({ host: server.address.text, port: server.port });
    socket.on("connect", () => attempt.settle({ ok: true, because: `connected in ${attempt.elapsed()} ms` }));
    socket.on("error", (error) => attempt.settle({ ok: false, because: describeError(error, attempt.phase) }));
    return socket;
  });
}
