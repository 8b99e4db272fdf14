import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Endpoint } from "@vipair/model";

/** Servers on the loopback address that do right or wrong, for tests. */
export interface TestServer {
  readonly endpoint: Endpoint;
  /** Connections that are open now. */
  openConnections(): number;
  close(): void;
}

export const openRaw = (onConnection: (socket: Socket) => void): Promise<TestServer> =>
  open(createServer((socket) => onConnection(socket.resume())));
export const openHttp = (listener: RequestListener): Promise<TestServer> => open(createHttpServer(listener));
export const openHttps = (certificate: Certificate, listener: RequestListener): Promise<TestServer> =>
  open(createHttpsServer(certificate, listener));

/** A port on which nobody listens. */
export async function closedEndpoint(): Promise<Endpoint> {
  const server = await openRaw(() => {});
  server.close();
  return server.endpoint;
}

export interface Certificate {
  readonly key: Buffer;
  readonly cert: Buffer;
}

/** A self-signed certificate for `owa.example.com`, fresh from `openssl`. */
export function makeCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), "vipair-probe-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  try {
    const args = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=owa.example.com`;
    const files = ["-addext", "subjectAltName=DNS:owa.example.com", "-keyout", key, "-out", cert];
    execFileSync("openssl", [...args.split(" "), ...files], { stdio: "ignore" });
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function open(server: Server): Promise<TestServer> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: { address: { family: 4, text: "127.0.0.1" }, port, protocol: "tcp" },
    openConnections: () => sockets.size,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
