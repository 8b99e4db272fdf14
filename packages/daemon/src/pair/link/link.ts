import type { NodeReport } from "@vipair/model";
import type WebSocket from "ws";
import { decodePeerMessage, encodePeerMessage, type PeerMessage, type PeerRequest } from "./message.js";
import { openTransport, type TransportOptions } from "./transport.js";

/** What the peer said when it connected. */
export interface PeerHello {
  readonly node: string;
  readonly version: string;
  readonly configDigest: string;
}

export interface PeerLinkOptions extends TransportOptions {
  readonly hello: PeerHello;
  readonly connected: (hello: PeerHello) => void;
  readonly disconnected: () => void;
  readonly reported: (report: NodeReport) => void;
  /** Answers a request of the peer; what it throws is the peer's refusal. */
  readonly answer: (request: PeerRequest) => Promise<unknown>;
  readonly refused: (reason: string) => void;
}

/** The encrypted link between the two daemons: reports in both directions, requests and responses. */
export interface PeerLink {
  readonly connected: boolean;
  report(report: NodeReport): void;
  request(request: PeerRequest, timeoutMs?: number): Promise<unknown>;
  close(): void;
}

const pingMs = 1_000;
const silenceMs = 4_000;
const requestMs = 5_000;
/** A peer that does not read gets no further reports; requests fail by their own timeout. */
const backlogBytes = 4 << 20;

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export function openPeerLink(options: PeerLinkOptions): PeerLink {
  let current: WebSocket | undefined;
  let nextId = 0;
  let heardAt = 0;
  const pending = new Map<number, Pending>();

  const send = (message: PeerMessage): void => current?.send(encodePeerMessage(message));

  const adopt = (socket: WebSocket): void => {
    heardAt = performance.now();
    socket.on("message", (data, isBinary) => {
      heardAt = performance.now();
      const message = isBinary ? undefined : decodePeerMessage(data.toString());
      if (message === undefined) options.refused("malformed message");
      else receive(socket, message);
    });
    socket.on("pong", () => {
      heardAt = performance.now();
    });
    socket.on("error", () => socket.terminate());
    socket.on("close", () => socket === current && lose());
    socket.send(encodePeerMessage({ type: "hello", ...options.hello }));
  };

  const receive = (socket: WebSocket, message: PeerMessage): void => {
    switch (message.type) {
      case "hello":
        return welcome(socket, message);
      case "report":
        return options.reported(message.report);
      case "request":
        void respond(socket, message.id, message.request);
        return;
      case "response":
        return settle(message);
    }
  };

  const welcome = (socket: WebSocket, hello: PeerHello): void => {
    const former = current;
    current = socket;
    if (former !== socket) former?.terminate();
    options.connected({ node: hello.node, version: hello.version, configDigest: hello.configDigest });
  };

  const respond = async (socket: WebSocket, id: number, request: PeerRequest): Promise<void> => {
    const response: PeerMessage = await options.answer(request).then(
      (result) => ({ type: "response", id, ok: true, result: result ?? null }) as const,
      (error: Error) => ({ type: "response", id, ok: false, error: error.message }) as const,
    );
    if (socket.readyState === socket.OPEN) socket.send(encodePeerMessage(response));
  };

  const settle = (message: PeerMessage & { type: "response" }): void => {
    const waiting = pending.get(message.id);
    pending.delete(message.id);
    if (message.ok) waiting?.resolve(message.result);
    else waiting?.reject(new Error(message.error));
  };

  const lose = (): void => {
    current = undefined;
    for (const { reject } of pending.values()) reject(new Error("the peer link closed"));
    pending.clear();
    options.disconnected();
  };

  const pinging = setInterval(() => {
    if (current === undefined) return;
    if (performance.now() - heardAt > silenceMs) current.terminate();
    else current.ping();
  }, pingMs);

  const transport = openTransport(options, adopt, options.refused);
  return {
    get connected() {
      return current !== undefined;
    },
    report: (report) => {
      if (current !== undefined && current.bufferedAmount < backlogBytes) send({ type: "report", report });
    },
    request: (request, timeoutMs = requestMs) =>
      new Promise((resolve, reject) => {
        if (current === undefined) return reject(new Error("the peer link is down"));
        const id = nextId++;
        const timeout = setTimeout(() => {
          pending.delete(id);
          reject(new Error(`the peer did not answer within ${timeoutMs} ms`));
        }, timeoutMs);
        const done = <T>(settleWith: (value: T) => void) => {
          return (value: T) => {
            clearTimeout(timeout);
            settleWith(value);
          };
        };
        pending.set(id, { resolve: done(resolve), reject: done(reject) });
        send({ type: "request", id, request });
      }),
    close: () => {
      clearInterval(pinging);
      transport.close();
    },
  };
}
