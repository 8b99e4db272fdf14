import type { NodeReport } from "@vipair/model";
import type WebSocket from "ws";
import { decodePeerMessage, encodePeerMessage, type PeerHello, type PeerMessage, type PeerRequest } from "./message.js";
import { openRequests } from "./request.js";
import { openTransport, type TransportOptions } from "./transport.js";

export interface PeerLinkOptions extends TransportOptions {
  readonly hello: PeerHello;
  readonly connected: (hello: PeerHello) => void;
  readonly disconnected: () => void;
  readonly reported: (report: NodeReport) => void;
  /** A frame of the replication: a binary message, whose bytes are the receiver's. */
  readonly frameReceived: (frame: Uint8Array) => void;
  /** Answers a request of the peer; what it throws is the peer's refusal. */
  readonly answer: (request: PeerRequest) => Promise<unknown>;
  /** Somebody without the key, or bytes that are no message. */
  readonly refused: (reason: string) => void;
}

/** The encrypted link between the two daemons: reports in both directions, requests and responses. */
export interface PeerLink {
  readonly connected: boolean;
  /** What the peer said first; `undefined` while there is no link. */
  readonly peer: PeerHello | undefined;
  /** Bytes that wait to be sent. */
  readonly backlog: number;
  /** Lost when there is no link. */
  sendFrame(frame: Uint8Array): void;
  /** Dropped while there is no link, or while the peer does not read. */
  report(report: NodeReport): void;
  /**
   * Rejects with the peer's refusal, when the link is down or goes down, or when no response came in time.
   * @param timeoutMs 5 s when left out
   */
  request(request: PeerRequest, timeoutMs?: number): Promise<unknown>;
  close(): void;
}

const pingMs = 1_000;
/** So many pings in a row without a sign of the peer, and the link is down. */
const unansweredPings = 4;
const requestMs = 5_000;
/** A peer that does not read gets no further reports; requests fail by their own timeout. */
const backlogBytes = 4 << 20;

/**
 * Both ends say hello as soon as they are connected, and a socket is the link from the hello on: the newest one, when the
 * peer came back before the end of the old one was noticed.
 */
export function openPeerLink(options: PeerLinkOptions): PeerLink {
  let current: WebSocket | undefined;
  let peer: PeerHello | undefined;
  const requests = openRequests();

  const adopt = (socket: WebSocket): void => {
    const heard = watchLife(socket);
    socket.on("message", (data, isBinary) => {
      heard();
      if (isBinary) return receiveFrame(socket, data as Buffer);
      const message = decodePeerMessage(data.toString());
      if (message === undefined) options.refused("malformed message");
      else receive(socket, message);
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code?.startsWith("WS_ERR_") === true) options.refused(error.code);
      socket.terminate();
    });
    socket.on("close", () => socket === current && lose());
    socket.send(encodePeerMessage({ type: "hello", ...options.hello }));
  };

  const receiveFrame = (socket: WebSocket, frame: Buffer): void => {
    if (socket === current) options.frameReceived(frame);
    else options.refused("frame before hello");
  };

  const receive = (socket: WebSocket, message: PeerMessage): void => {
    if (message.type === "hello") return welcome(socket, message);
    if (socket !== current) return options.refused(`${message.type} before hello`);
    switch (message.type) {
      case "report":
        return options.reported(message.report);
      case "request":
        void respond(socket, message.id, message.request);
        return;
      case "response":
        return requests.settle(message);
    }
  };

  const welcome = (socket: WebSocket, { node, version, configDigest, features = [] }: PeerHello): void => {
    const former = current;
    current = socket;
    peer = { node, version, configDigest, features };
    if (former !== undefined && former !== socket) {
      requests.rejectAll("the peer connected anew");
      former.terminate();
    }
    options.connected(peer);
  };

  const respond = async (socket: WebSocket, id: number, request: PeerRequest): Promise<void> => {
    const response: PeerMessage = await options.answer(request).then(
      (result) => ({ type: "response", id, ok: true, result: result ?? null }) as const,
      (error: Error) => ({ type: "response", id, ok: false, error: error.message }) as const,
    );
    if (socket.readyState === socket.OPEN) socket.send(encodePeerMessage(response));
  };

  const lose = (): void => {
    current = undefined;
    peer = undefined;
    requests.rejectAll("the peer link closed");
    options.disconnected();
  };

  const transport = openTransport(options, adopt, options.refused);
  return {
    get connected() {
      return current !== undefined;
    },
    get peer() {
      return peer;
    },
    get backlog() {
      return current?.bufferedAmount ?? 0;
    },
    sendFrame: (frame) => current?.send(frame),
    report: (report) => {
      if (current === undefined || current.bufferedAmount >= backlogBytes) return;
      current.send(encodePeerMessage({ type: "report", report }));
    },
    request: (request, timeoutMs = requestMs) => {
      const socket = current;
      if (socket === undefined) return Promise.reject(new Error("the peer link is down"));
      return requests.open(timeoutMs, (id) => socket.send(encodePeerMessage({ type: "request", id, request })));
    },
    close: () => transport.close(),
  };
}

/**
 * Ends a socket whose other end is gone without a word. It counts pings and not time: after a stall of this process
 * the timer is due before what has arrived meanwhile is read, and must not take the one for the other's silence.
 *
 * @returns to be called for every sign of life
 */
function watchLife(socket: WebSocket): () => void {
  let unanswered = 0;
  const heard = (): void => {
    unanswered = 0;
  };
  const pinging = setInterval(() => {
    if (unanswered++ < unansweredPings) socket.ping();
    else socket.terminate();
  }, pingMs);
  socket.on("pong", heard);
  socket.on("close", () => clearInterval(pinging));
  return heard;
}
