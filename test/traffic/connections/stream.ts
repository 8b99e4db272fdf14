import { monotonicMs } from "../../topology/clock.js";
import { OctetCheck } from "../octets.js";
import { Connection } from "./connection.js";

/** A bulk transfer of which every octet is compared with what it has to be. */
export class Stream extends Connection {
  /** Octets since the window began. */
  octets = 0;
  readonly #check = new OctetCheck();
  readonly #octetsPerSecond: number;
  #openedAt: number | undefined;
  #receivedAt: number | undefined;
  #paused = false;

  constructor(address: string, port: number, octetsPerSecond: number) {
    super(address, port, "stream");
    this.#octetsPerSecond = octetsPerSecond;
  }

  get waitingSince(): number | undefined {
    return this.#paused ? undefined : this.#receivedAt;
  }

  override begin(): void {
    super.begin();
    this.octets = 0;
  }

  /** Goes on reading when it has waited for long enough. */
  override watch(now: number, patienceMs: number): void {
    super.watch(now, patienceMs);
    if (!this.#paused || this.#isAhead(now)) return;
    this.#paused = false;
    this.#receivedAt = now;
    this.socket.resume();
  }

  protected opened(): void {
    this.#openedAt = this.#receivedAt = monotonicMs();
  }

  protected receive(chunk: Buffer): boolean {
    if (!this.#check.follows(chunk)) return this.break("wrong octets");
    const now = monotonicMs();
    this.waited(now - (this.#receivedAt ?? now));
    this.#receivedAt = now;
    this.octets += chunk.length;
    this.proven = true;
    this.#paused = this.#isAhead(now);
    return !this.#paused;
  }

  #isAhead(now: number): boolean {
    return this.#check.received > ((now - (this.#openedAt ?? now)) * this.#octetsPerSecond) / 1_000;
  }
}
