import { chmod } from "node:fs/promises";
import type { Refusal } from "@vipair/model";
import fastify, { type FastifyInstance } from "fastify";
import { type Control, Refused } from "./control.js";
import { Followers } from "./follow.js";
import { BadRequest, parseBody } from "./request.js";
import { addRoutes } from "./routes.js";
import { claimSocketPath } from "./socket.js";
import { Streams } from "./stream.js";

/** Where unexpected errors are told; pino's logger fits. */
interface ControlLog {
  error(detail: object, message: string): void;
}

interface ControlOptions {
  readonly socketPath: string;
  readonly control: Control;
  readonly log: ControlLog;
}

export interface ControlServer {
  readonly socketPath: string;
  /** Event streams that are open now. */
  readonly followers: number;
  /** Listings that are being read. */
  readonly streams: number;
  /** Ends the event streams, waits for answers under way, and removes the socket. */
  close(): Promise<void>;
}

/**
 * Listens on the control socket, readable and writable by owner and group. Rejects when another daemon answers there,
 * or when the path cannot be used.
 */
export async function openControl({ socketPath, control, log }: ControlOptions): Promise<ControlServer> {
  const followers = new Followers();
  const streams = new Streams((error) => log.error({ err: error }, "a stream broke off"));
  const app = fastify({ logger: false, forceCloseConnections: "idle" });
  acceptAnyContentType(app);
  answerErrors(app, log);
  addRoutes(app, control, followers, streams);
  app.addHook("preClose", async () => {
    followers.endAll();
    streams.endAll();
  });
  await claimSocketPath(socketPath);
  await app.listen({ path: socketPath });
  await chmod(socketPath, 0o660);
  return {
    socketPath,
    get followers() {
      return followers.size;
    },
    get streams() {
      return streams.size;
    },
    close: () => app.close(),
  };
}

/** `curl -d '{"force":true}'` claims to send a form; it is JSON all the same. */
function acceptAnyContentType(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, async (_request: unknown, body: string) => parseBody(body));
}

function answerErrors(app: FastifyInstance, log: ControlLog): void {
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = statusOf(error);
    if (status >= 500) log.error({ err: error, method: request.method, url: request.url }, "control request failed");
    return reply.status(status).send(refusalOf(error));
  });
  app.setNotFoundHandler((request, reply) =>
    reply.status(404).send({ error: `no such route: ${request.method} ${request.url}` } satisfies Refusal),
  );
}

function statusOf(error: Error & { statusCode?: number }): number {
  if (error instanceof Refused) return 409;
  if (error instanceof BadRequest) return error.status;
  return error.statusCode !== undefined && error.statusCode >= 400 ? error.statusCode : 500;
}

function refusalOf(error: Error): Refusal {
  const reasons = error instanceof Refused ? error.reasons : undefined;
  return { error: error.message, ...(reasons !== undefined && { reasons }) };
}
