import { createServer } from "node:https";
import type { Socket } from "node:net";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { formatHostPort, type IpAddress } from "@vipair/model";
import WebSocket, { WebSocketServer } from "ws";

/**
 * How the peer link comes to be: a WebSocket over TLS 1.3 with the pair's key as external pre-shared key (RFC 8446
 * § 4.2.11, psk_dhe_ke). Both ends prove that they have the key, what they say is encrypted with forward secrecy, a
 * recording is worth nothing, and there is no certificate to expire.
 *
 * The first node listens, the second dials until it is connected.
 */
export interface Transport {
  close(): void;
}

export interface TransportOptions {
  readonly listens: boolean;
  readonly node: string;
  readonly local: IpAddress;
  readonly peer: IpAddress;
  readonly port: number;
  readonly key: Buffer;
}

type Connected = (socket: WebSocket) => void;
type Refused = (reason: string) => void;

const redialMs = 500;
const handshakeMs = 3_000;
const tlsOptions = { ciphers: "TLS_AES_128_GCM_SHA256", minVersion: "TLSv1.3", maxVersion: "TLSv1.3" } as const;
const socketOptions = { perMessageDeflate: false, maxPayload: 32 << 20 } as const;

export const openTransport = (options: TransportOptions, connected: Connected, refused: Refused): Transport =>
  options.listens ? listen(options, connected, refused) : dial(options, connected, refused);

function listen({ local, peer, port, key }: TransportOptions, connected: Connected, refused: Refused): Transport {
  const server = createServer({ ...tlsOptions, pskCallback: () => key, handshakeTimeout: handshakeMs });
  const sockets = new WebSocketServer({ server, ...socketOptions });
  const accepted = new Set<Socket>();
  let retry: NodeJS.Timeout | undefined;
  const open = (): void => {
    server.listen(port, local.text);
  };
  server.maxConnections = 16;
  server.on("connection", (socket: Socket) => {
    accepted.add(socket);
    socket.on("close", () => accepted.delete(socket));
    if (socket.remoteAddress?.replace(/^::ffff:/, "") !== peer.text) socket.destroy();
  });
  server.on("tlsClientError", (error: NodeJS.ErrnoException, socket: TLSSocket) => {
    refused(error.code ?? error.message);
    socket.destroy();
  });
  server.on("error", () => {
    // A server that listens already could not accept one connection, and goes on.
    if (!server.listening) retry = setTimeout(open, redialMs);
  });
  sockets.on("error", () => undefined);
  sockets.on("connection", connected);
  open();
  return {
    close: () => {
      clearTimeout(retry);
      sockets.close();
      server.close();
      for (const socket of accepted) socket.destroy();
    },
  };
}

function dial(options: TransportOptions, connected: Connected, refused: Refused): Transport {
  let socket: WebSocket | undefined;
  let retry: NodeJS.Timeout | undefined;
  let closed = false;
  const open = (): void => {
    const identity: ConnectionOptions = {
      ...tlsOptions,
      pskCallback: () => ({ psk: options.key, identity: options.node }),
      // There is no certificate; whoever completes the handshake has the key.
      checkServerIdentity: () => undefined,
    };
    const dialling = new WebSocket(`wss://${formatHostPort({ address: options.peer, port: options.port })}/`, {
      // The types of ws know the options of tls.connect only in part.
      ...(identity as unknown as WebSocket.ClientOptions),
      ...socketOptions,
      localAddress: options.local.text,
      handshakeTimeout: handshakeMs,
    });
    socket = dialling;
    dialling.on("open", () => connected(dialling));
    // `close` follows every error.
    dialling.on("error", (error: NodeJS.ErrnoException) => {
      // The other end's alert is an EPROTO. An end that is not there is no refusal.
      if (error.code === "EPROTO" || error.code?.startsWith("ERR_SSL") === true) refused(error.code);
    });
    dialling.on("close", () => {
      if (!closed) retry = setTimeout(open, redialMs);
    });
  };
  open();
  return {
    close: () => {
      closed = true;
      clearTimeout(retry);
      socket?.terminate();
    },
  };
}
