import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { pause } from "../topology/clock.js";
import type { Host } from "../topology/host.js";
import type { Running } from "../topology/running.js";
import { blockLength, octets } from "./octets.js";
import type { Target } from "./target.js";

/** 32 MiB: far more than the buffers on the way hold. */
const blocks = 512;
const takeMs = 20;
const octetsPerTake = (blocks * blockLength * takeMs) / 4_000;

/** A download by curl, of which so much is taken at a time that it lasts about four seconds. */
export class Download {
  /** Octets so far. */
  received = 0;
  readonly #running: Running;
  readonly #hash = createHash("sha256");
  readonly #complete: Promise<void>;

  constructor(host: Host, { address, httpPort }: Target) {
    const url = `http://${address.includes(":") ? `[${address}]` : address}:${httpPort}/octets?blocks=${blocks}`;
    this.#running = host.spawn(["curl", "-gsS", "--max-time", "30", url], { pipe: true });
    this.#complete = this.#take(this.#running.child.stdout as Readable);
  }

  get isUnderWay(): boolean {
    return this.received > 0 && this.received < blocks * blockLength;
  }

  /** Waits for the end: curl's exit code, and the checksum of what came. */
  async result(): Promise<{ exitCode: number; checksum: string }> {
    await this.#complete;
    const exitCode = await this.#running.exit;
    return { exitCode, checksum: this.#hash.digest("hex") };
  }

  async #take(stdout: Readable): Promise<void> {
    // Reads ahead by this much once it is listened to.
    stdout.on("readable", () => {});
    for (; !stdout.readableEnded && !stdout.destroyed; await pause(takeMs)) {
      const chunk: Buffer | null = stdout.read(Math.min(octetsPerTake, stdout.readableLength));
      if (chunk === null) continue;
      this.received += chunk.length;
      this.#hash.update(chunk);
    }
  }
}

/** What a complete and unaltered download results in. */
export const intact = { exitCode: 0, checksum: createHash("sha256").update(octets(blocks)).digest("hex") };
