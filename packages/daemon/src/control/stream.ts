import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** How long a client may take none of what waits for it. */
const defaultStalledMs = 10_000;

/** Answers that are made while they are read, so that closing the control socket ends them. */
export class Streams {
  readonly #open = new Set<ServerResponse>();

  /** @param failed told of what broke an answer off, unless it was the client */
  constructor(
    readonly failed: (error: Error) => void,
    readonly stalledMs = defaultStalledMs,
  ) {}

  get size(): number {
    return this.#open.size;
  }

  /**
   * Writes a line of JSON for each value. Nothing more is asked for while the client does not read, and one that reads
   * nothing for a while is dropped. An answer that fails midway is cut off, so that nobody takes it for whole.
   */
  async add(response: ServerResponse, values: AsyncIterable<readonly object[]>): Promise<void> {
    response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
    response.flushHeaders();
    this.#open.add(response);
    let stalled: NodeJS.Timeout | undefined;
    const expectReader = (): void => {
      stalled = setTimeout(() => response.destroy(), this.stalledMs);
    };
    const lines = async function* () {
      for await (const some of values) {
        if (some.length === 0) continue;
        expectReader();
        yield some.map((value) => `${JSON.stringify(value)}\n`).join("");
        clearTimeout(stalled);
      }
      expectReader();
    };
    try {
      await pipeline(Readable.from(lines(), { highWaterMark: 1 }), response);
    } catch (error) {
      response.destroy();
      if ((error as NodeJS.ErrnoException).code !== "ERR_STREAM_PREMATURE_CLOSE") this.failed(error as Error);
    } finally {
      clearTimeout(stalled);
      this.#open.delete(response);
    }
  }

  endAll(): void {
    for (const response of this.#open) response.destroy();
  }
}
