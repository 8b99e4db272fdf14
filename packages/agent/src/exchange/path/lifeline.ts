import { connect, createServer, type Server, type Socket } from "node:net";
import type { IpAddress, Millis } from "@vipair/model";
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
 * - the end of a connection that never carried an authentic heartbeat of the peer's current session: `prove` marks those
 *   that did;
 * - the end of a connection that a living agent gives up, because it heard nothing on it or has a better one: it says so
 *   first, with an empty frame. It does so even where nothing was proven to itself, because the two ends learn that at
 *   different times;
 * - a connection that times out: that is the network, and the other paths may know better.
 */
export interface Lifeline extends HeartbeatPath {
  /** The connection that delivered the packet being read right now belongs to the peer's current session. */
  prove(): void;
  /** Gives up a connection on which nothing was heard, so that a fresh one is dialled. */
  renew(): void;
}

export interface LifelineOptions {
  readonly index: number;
  readonly listens: boolean;
  readonly local: IpAddress;
  readonly peer: IpAddress;
  readonly port: number;
  /** A connection that is not proven after this long is given up; longer than the slower node's heartbeat interval. */
  readonly provingTime: Millis;
}

const redialMs = 200;
const dialTimeoutMs = 1_000;
const farewellMs = 200;

export function openLifeline(options: LifelineOptions, listener: PacketListener, died: () => void): Lifeline {
  const sockets = new Set<Socket>();
  let reading: Socket | undefined;
  let proven: Socket | undefined;

  const adopt = (socket: Socket): void => {
    let farewell = false;
    sockets.add(socket);
    socket.setNoDelay(true);
    const proving = setTimeout(() => socket !== proven && bidFarewell(socket), options.provingTime);
    const read = openFrameReader((frame) => {
      if (frame.length === 0) {
        farewell = true;
        return;
      }
      reading = socket;
      listener(frame, (packet) => write(socket, packet));
      reading = undefined;
    });
    const lose = (byKernel: boolean): void => {
      const proof = socket === proven && byKernel && !farewell;
      if (socket === proven) proven = undefined;
      if (proof) died();
    };
    socket.on("data", (bytes) => read(bytes) || bidFarewell(socket));
    socket.on("end", () => lose(true));
    socket.on("error", ({ code }: NodeJS.ErrnoException) => lose(code === "ECONNRESET" || code === "EPIPE"));
    socket.on("close", () => {
      clearTimeout(proving);
      sockets.delete(socket);
      lose(false);
    });
  };

  const line = options.listens ? listen(options, adopt) : dial(options, adopt);
  return {
    name: "lifeline",
    index: options.index,
    send: (packet) => {
      const socket = proven ?? line.dialled;
      if (socket !== undefined && !socket.connecting) write(socket, packet);
    },
    prove: () => {
      // What still arrives on a connection that was given up proves nothing: its end is no death.
      if (reading === undefined || reading === proven || reading.writableEnded) return;
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
      proven = undefined;
      line.close();
      for (const socket of sockets) bidFarewell(socket);
    },
  };
}

/** One end of the line: hands over every connection that comes to be. */
interface Line {
  /** The connection that this end speaks on first; the listening end waits for the other to speak. */
  readonly dialled: Socket | undefined;
  close(): void;
}

function listen({ local, peer, port }: LifelineOptions, adopt: (socket: Socket) => void): Line {
  let server: Server | undefined;
  let retry: NodeJS.Timeout | undefined;
  const open = (): void => {
    const opening = createServer((socket) => {
      if (sameHost(socket.remoteAddress, peer)) adopt(socket);
      else socket.destroy();
    });
    server = opening;
    opening.maxConnections = 8;
    opening.on("error", () => {
      // A server that listens already could not accept one connection, and goes on.
      if (!opening.listening) retry = setTimeout(open, redialMs);
    });
    opening.listen(port, local.text);
  };
  open();
  return {
    dialled: undefined,
    close: () => {
      clearTimeout(retry);
      server?.close();
    },
  };
}

function dial({ local, peer, port }: LifelineOptions, adopt: (socket: Socket) => void): Line {
  let dialled: Socket | undefined;
  let retry: NodeJS.Timeout | undefined;
  let closed = false;
  const open = (): void => {
    const socket = connect({ port, host: peer.text, localAddress: local.text });
    dialled = socket;
    const timeout = setTimeout(() => socket.destroy(), dialTimeoutMs);
    socket.on("connect", () => clearTimeout(timeout));
    socket.on("close", () => {
      clearTimeout(timeout);
      if (!closed) retry = setTimeout(open, redialMs);
    });
    adopt(socket);
  };
  open();
  return {
    get dialled() {
      return dialled;
    },
    close: () => {
      closed = true;
      clearTimeout(retry);
    },
  };
}

/** Says that this end lives and closes. Where the word cannot be delivered, the connection ends all the same. */
function bidFarewell(socket: Socket | undefined): void {
  if (socket === undefined || socket.destroyed || socket.writableEnded) return;
  socket.end(encodeFrame(new Uint8Array(0)));
  setTimeout(() => socket.destroy(), farewellMs).unref();
}

/** Nothing is queued for a peer that does not read: an old heartbeat is worth nothing. */
function write(socket: Socket, packet: Uint8Array): void {
  if (socket.writable && socket.writableLength < 4_096) socket.write(encodeFrame(packet));
}

const sameHost = (remote: string | undefined, peer: IpAddress): boolean =>
  remote?.replace(/^::ffff:/, "") === peer.text;
