import type { ServerResponse } from "node:http";
import type { EventReport } from "@vipair/model";

/** Bytes that may wait for a follower, beside what the kernel buffers; one that lets more pile up is dropped. */
const followerBufferBytes = 256 * 1024;

/** Everybody who follows the events, so that closing the control socket ends them. */
export class Followers {
  readonly #ends = new Set<() => void>();

  get size(): number {
    return this.#ends.size;
  }

  /** Streams what it is told, a line of JSON each, until either side ends. */
  add(response: ServerResponse, follow: (tell: (event: EventReport) => void) => () => void): void {
    response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
    response.flushHeaders();
    const unfollow = follow((event) => send(response, event));
    const end = () => {
      this.#ends.delete(end);
      unfollow();
      response.end();
    };
    this.#ends.add(end);
    response.once("close", end);
  }

  endAll(): void {
    for (const end of [...this.#ends]) end();
  }
}

function send(response: ServerResponse, event: EventReport): void {
  if (response.writableEnded || response.destroyed) return;
  response.write(`${JSON.stringify(event)}\n`);
  if (response.writableLength > followerBufferBytes) response.destroy();
}
