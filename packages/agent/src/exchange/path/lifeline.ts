import { connect, createServer, type Server, type Socket } from "node:net";
import type { IpAddress } from "@vipair/model";
import { encodeFrame, openFrameReader } from "./frame.js";
import type { HeartbeatPath, PacketListener } from "./path.js";

/**
 * The lifeline: a TCP connection between the two agents that carries the same packets as the other paths. What it is for
 * is its end. When an agent's process dies, for whatever reason, its kernel closes the connection at once, and it closes
 * it after the lease (see `kernel/lease`): a closed lifeline proves that the peer owns nothing any more, without waiting
 * for silence.
 *
 *   first node   listens ◄──────────── dials   second node
 *
 * Three things must not be taken for a death:
 * - a connection that never carried an authentic heartbeat of the peer's current session: `prove` marks those that did;
 * - a connection that an agent closes by itself, because it heard nothing on it: it says so first, with an empty frame;
 * - a connection that times out: that is the network, and the other paths may know better.
 */
export interface Lifeline extends HeartbeatPath {
  /** The connection that delivered the packet being read right now belongs to the peer's current session. */
  prove(): void;
  /** Closes a connection on which nothing was heard, so that a fresh one is dialled. */
  renew(): void;
}

interface LifelineOptions {
  readonly index: number;
  readonly listens: boolean;
  readonly local: IpAddress;
  readonly peer: IpAddress;
  readonly port: number;
}

const redialMs = 200;
const dialTimeoutMs = 1_000;
const provingTimeMs = 1_000;

export function openLifeline(options: LifelineOptions, listener: PacketListener, died: () => void): Lifeline {
  let reading: Socket | undefined;
  let proven: Socket | undefined;
  let server: Server | undefined;
  let dialled: Socket | undefined;
  let retry: NodeJS.Timeout | undefined;
  let closed = false;

  const adopt = (socket: Socket): void => {
    let farewell = false;
    let ended = false;
    socket.setNoDelay(true);
    const proving = setTimeout(() => socket !== proven && socket.destroy(), provingTimeMs);
    const reader = openFrameReader((frame) => {
      if (frame.length === 0) {
        farewell = true;
        return;
      }
      reading = socket;
      listener(frame, (packet) => write(socket, packet));
      reading = undefined;
    });
    socket.on("data", (bytes) => reader(bytes) || socket.destroy());
    socket.on("end", () => {
      ended = true;
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      ended ||= error.code === "ECONNRESET" || error.code === "EPIPE";
    });
    socket.on("close", () => {
      clearTimeout(proving);
      const wasProven = socket === proven;
      if (wasProven) proven = undefined;
      if (wasProven && ended && !farewell && !closed) died();
    });
  };
  const listen = (): void => {
    server = createServer({ allowHalfOpen: false }, (socket) => {
      if (sameHost(socket.remoteAddress, options.peer)) adopt(socket);
      else socket.destroy();
    });
    server.maxConnections = 8;
    server.on("error", () => redo(listen));
    server.listen(options.port, options.local.text);
  };
  const dial = (): void => {
    const socket = connect({ port: options.port, host: options.peer.text, localAddress: options.local.text });
    dialled = socket;
    const timeout = setTimeout(() => socket.destroy(), dialTimeoutMs);
    socket.on("connect", () => clearTimeout(timeout));
    socket.on("close", () => {
      clearTimeout(timeout);
      redo(dial);
    });
    adopt(socket);
  };
  const redo = (action: () => void): void => {
    if (!closed) retry = setTimeout(action, redialMs);
  };
  const bidFarewell = (socket: Socket | undefined): void => {
    if (socket === undefined || socket.destroyed) return;
    socket.end(encodeFrame(new Uint8Array(0)));
    setTimeout(() => socket.destroy(), redialMs).unref();
  };

  if (options.listens) listen();
  else dial();
  return {
    name: "lifeline",
    index: options.index,
    send: (packet) => {
      const socket = proven ?? dialled;
      if (socket !== undefined && !socket.connecting) write(socket, packet);
    },
    prove: () => {
      if (reading === undefined || reading === proven) return;
      const former = proven;
      proven = reading;
      bidFarewell(former);
    },
    renew: () => {
      const former = proven;
      proven = undefined;
      bidFarewell(former);
    },
    close: () => {
      closed = true;
      clearTimeout(retry);
      server?.close();
      bidFarewell(proven ?? dialled);
    },
  };
}

/** Nothing is queued for a peer that does not read: an old heartbeat is worth nothing. */
function write(socket: Socket, packet: Uint8Array): void {
  if (socket.writable && socket.writableLength < 4_096) socket.write(encodeFrame(packet));
}

const sameHost = (remote: string | undefined, peer: IpAddress): boolean =>
  remote?.replace(/^::ffff:/, "") === peer.text;
