import { monotonicMs } from "../../topology/clock.js";
import { Connection } from "./connection.js";

/** As long as a keystroke in an encrypted session. */
const messageLength = 48;

/** An interactive connection: asks, and expects the same octets back. */
export class Exchange extends Connection {
  /** Answers since the window began. */
  answers = 0;
  readonly #message = Buffer.alloc(messageLength, "vipair ");
  #askedAt: number | undefined;
  /** Octets of the answer that have come. */
  #length = 0;
  #provenFrom = 0;

  get waitingSince(): number | undefined {
    return this.#askedAt;
  }

  override begin(): void {
    super.begin();
    this.answers = 0;
  }

  override prove(now: number): void {
    super.prove(now);
    this.#provenFrom = now;
  }

  /** Asks, unless it still waits for an answer. */
  ask(): void {
    if (this.broken !== undefined || this.#askedAt !== undefined || this.port === 0) return;
    this.#askedAt = monotonicMs();
    this.#message.writeUInt32BE((this.#message.readUInt32BE(0) + 1) >>> 0, 0);
    this.#message.writeUInt16BE(this.port, 4);
    this.socket.write(this.#message);
  }

  protected opened(): void {
    this.ask();
  }

  protected receive(chunk: Buffer): boolean {
    const to = this.#length + chunk.length;
    const isNext = to <= messageLength && this.#message.compare(chunk, 0, chunk.length, this.#length, to) === 0;
    if (this.#askedAt === undefined || !isNext) return this.break("wrong octets");
    this.#length = to;
    if (to === messageLength) this.#answered(this.#askedAt);
    return true;
  }

  #answered(askedAt: number): void {
    this.waited(monotonicMs() - askedAt);
    this.proven ||= askedAt >= this.#provenFrom;
    this.answers += 1;
    this.#length = 0;
    this.#askedAt = undefined;
  }
}
