import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * Answers every request with `301` to the same host and path on https. The ruleset sends the listeners of redirect
 * services here; no other traffic passes through this process.
 */
export interface RedirectServer {
  readonly port: number;
  close(): void;
}

/** Listens on a free port of every address. */
export async function openRedirectServer(): Promise<RedirectServer> {
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000, keepAliveTimeout: 1_000 }, redirect);
  server.maxConnections = 10_000;
  // A host without IPv6 has no `::`.
  await listen(server, "::").catch(() => listen(server, "0.0.0.0"));
  // A connection that could not be accepted is the client's loss, not ours.
  server.on("error", () => undefined);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function listen(server: Server, host: string): Promise<void> {
  server.listen(0, host);
  await once(server, "listening");
}

function redirect(request: IncomingMessage, response: ServerResponse): void {
  const location = httpsLocation(request.headers.host, request.url);
  if (location === undefined) {
    response.writeHead(400, { connection: "close" }).end();
    return;
  }
  response.writeHead(301, { location, "content-length": 0 }).end();
}

/**
 * The https address of a request, without the port of the Host header; `undefined` when there is no usable host. A target
 * that is no plain path (`*`, an absolute URI, bytes that belong into no header) becomes `/`.
 */
export function httpsLocation(host: string | undefined, path: string | undefined): string | undefined {
  const match = /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.exec(host ?? "");
  if (match?.[1] === undefined) return undefined;
  return `https://${match[1]}${/^\/[\x21-\x7e]*$/.test(path ?? "") ? path : "/"}`;
}
