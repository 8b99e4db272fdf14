import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import type { Endpoint, HttpCheck, Millis } from "@vipair/model";
import { type Attempt, type ProbeResult, runAttempt } from "./attempt.js";
import { readBody } from "./body.js";
import { describeError } from "./error.js";

/** Asks for the path and looks at the status and, when the check says so, at the first 64 KiB of the body. */
export function probeHttp(
  check: HttpCheck,
  server: Endpoint,
  timeout: Millis,
  signal?: AbortSignal,
): Promise<ProbeResult> {
  return runAttempt(timeout, signal, (attempt) => {
    const request = openRequest(check, server);
    const fail = (error: Error) => attempt.settle({ ok: false, because: describeError(error, attempt.phase) });
    followPhases(request, check, attempt);
    request.on("error", fail);
    request.on("response", (response) => {
      response.on("error", fail);
      judge(check, response, attempt);
    });
    request.end();
    return request;
  });
}

function openRequest(check: HttpCheck, server: Endpoint): ClientRequest {
  const options = {
    host: server.address.text,
    port: server.port,
    method: check.method,
    path: check.path,
    agent: false as const, // a connection of its own
    headers: { "user-agent": "vipair", accept: "*/*", ...(check.host === undefined ? {} : { host: check.host }) },
  };
  if (check.type === "http") return httpRequest(options);
  return httpsRequest({ ...options, servername: serverName(check), rejectUnauthorized: check.verify });
}

/** The name for SNI and verification: what the check says, else the name in its Host header, else none. */
function serverName({ sni, host }: HttpCheck): string {
  const name = sni ?? host?.replace(/:\d+$/, "") ?? "";
  return isIP(name) === 0 && !name.startsWith("[") ? name : "";
}

function followPhases(request: ClientRequest, check: HttpCheck, attempt: Attempt): void {
  const answering = () => {
    attempt.phase = "waiting for the answer";
  };
  request.on("socket", (socket) => {
    socket.on("connect", () => {
      if (check.type === "http") answering();
      else attempt.phase = "starting tls";
    });
    if (check.type === "https") socket.on("secureConnect", answering);
  });
}

async function judge(check: HttpCheck, response: IncomingMessage, attempt: Attempt): Promise<void> {
  attempt.phase = "reading the answer";
  const status = response.statusCode ?? 0;
  if (!check.status.includes(status)) {
    const because = `${check.type} ${status}, expected ${check.status.join(" or ")}`;
    return attempt.settle({ ok: false, because });
  }
  const passed = () => attempt.settle({ ok: true, because: `${check.type} ${status} in ${attempt.elapsed()} ms` });
  const { body: match } = check;
  if (match === undefined) return passed();
  const body = await readBody(response);
  if (body === undefined) return; // The error said so already.
  if ("contains" in match) {
    if (body.includes(match.contains)) return passed();
    return attempt.settle({ ok: false, because: `body does not contain ${JSON.stringify(match.contains)}` });
  }
  if (matches(body, match.matches)) return passed();
  attempt.settle({ ok: false, because: `body does not match /${match.matches}/` });
}

function matches(body: string, pattern: string): boolean {
  try {
    return new RegExp(pattern).test(body);
  } catch {
    return false;
  }
}
