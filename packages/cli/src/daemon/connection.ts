import { type IncomingMessage, request } from "node:http";
import type { Refusal } from "@vipair/model";
import { Failed, Unreachable } from "../exit.js";

export interface Ask {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: object;
  /** How long the daemon may take until it begins to answer; 5 s when left out. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const answerTimeoutMs = 5_000;

/** One request over the control socket; resolves with the text of the answer. */
export async function ask(socketPath: string, question: Ask): Promise<string> {
  const response = await openAnswer(socketPath, question);
  return await readText(socketPath, response);
}

/** Like {@link ask}, but resolves as soon as the daemon begins to answer. Rejects with {@link Failed} on a refusal. */
export async function openAnswer(socketPath: string, question: Ask): Promise<IncomingMessage> {
  const response = await send(socketPath, question);
  if (response.statusCode === 200) return response;
  throw refusalOf(await readText(socketPath, response));
}

function send(socketPath: string, { method, path, body, timeoutMs, signal }: Ask): Promise<IncomingMessage> {
  const limitMs = timeoutMs ?? answerTimeoutMs;
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const outgoing = request({ socketPath, method, path, ...(body && { headers }), ...(signal && { signal }) });
    const alarm = setTimeout(() => {
      outgoing.destroy(new Unreachable(`vipaird did not answer on ${socketPath} within ${limitMs / 1000} s`, hungHint));
    }, limitMs);
    outgoing.once("error", (error) => reject(unreachable(socketPath, error)));
    outgoing.once("response", resolve);
    outgoing.once("response", () => clearTimeout(alarm));
    outgoing.once("close", () => clearTimeout(alarm));
    outgoing.end(body && JSON.stringify(body));
  });
}

/** The lines of an answer as they come. Rejects with {@link Unreachable} when it breaks off. */
export async function* readLines(socketPath: string, response: IncomingMessage): AsyncGenerator<string, void, void> {
  let rest = "";
  try {
    for await (const piece of response.setEncoding("utf8")) {
      const lines = (rest + piece).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
  } catch (error) {
    throw unreachable(socketPath, error as Error);
  }
}

async function readText(socketPath: string, response: IncomingMessage): Promise<string> {
  let text = "";
  try {
    for await (const piece of response.setEncoding("utf8")) text += piece;
  } catch (error) {
    throw unreachable(socketPath, error as Error);
  }
  return text;
}

function refusalOf(text: string): Failed {
  try {
    const { error, reasons } = JSON.parse(text) as Refusal;
    return new Failed(error, reasons);
  } catch {
    return new Failed(`vipaird answered something else than JSON: ${text.slice(0, 200)}`);
  }
}

const hungHint = "What was asked for may still be done. Is the process stopped, or the machine overloaded?";

const hints: Readonly<Record<string, string>> = {
  ENOENT: "Is vipaird running on this host? `systemctl status vipaird` knows. Another socket: --socket PATH.",
  ECONNREFUSED: "The socket is left over from a daemon that is gone. `systemctl status vipaird` knows more.",
  EACCES: "Only root and the group of the socket may use it; try with sudo.",
  ECONNRESET: "The daemon closed the connection; it may be stopping.",
};

/** Any trouble with the connection, in words. */
export function unreachable(socketPath: string, error: Error & { code?: string }): Unreachable {
  if (error instanceof Unreachable) return error;
  const hint = hints[error.code ?? ""] ?? "Is it the control socket of vipaird?";
  return new Unreachable(`cannot reach vipaird on ${socketPath}: ${error.code ?? error.message}`, hint);
}
