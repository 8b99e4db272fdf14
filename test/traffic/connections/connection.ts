import { connect, type Socket } from "node:net";
import { monotonicMs } from "../../topology/clock.js";
import type { BrokenConnection, ConnectionKind } from "./connections.js";

/** What all connections of the process are read into, one after the other. */
const readBuffer = Buffer.alloc(1 << 18);

/** One connection, from its opening to its end. */
export abstract class Connection {
  broken: BrokenConnection | undefined;
  /** It made progress since it was opened, or since {@link prove}. */
  proven = false;
  port = 0;
  /** The longest that it waited since the window began. */
  longestWaitMs = 0;
  protected readonly socket: Socket;

  constructor(
    address: string,
    port: number,
    readonly kind: ConnectionKind,
  ) {
    const callback = (length: number): boolean => this.receive(readBuffer.subarray(0, length));
    this.socket = connect({ host: address, port, noDelay: true, onread: { buffer: readBuffer, callback } });
    this.socket.on("connect", () => {
      this.port = this.socket.localPort ?? 0;
      this.opened();
    });
    this.socket.on("end", () => this.break("closed by the other end"));
    this.socket.on("error", (error: NodeJS.ErrnoException) => this.break(error.code ?? error.message));
  }

  /** Since when it has been waiting; `undefined` while there is nothing to wait for. */
  abstract get waitingSince(): number | undefined;

  begin(): void {
    this.longestWaitMs = 0;
  }

  /** Only progress from now on counts. */
  prove(_now: number): void {
    this.proven = false;
  }

  /** Breaks it when it has waited for too long. */
  watch(now: number, patienceMs: number): void {
    const since = this.waitingSince;
    if (this.broken !== undefined || since === undefined) return;
    this.waited(now - since);
    if (now - since > patienceMs) this.break(`nothing for ${patienceMs} ms`);
  }

  protected abstract opened(): void;
  /** Whether it wants to go on reading. */
  protected abstract receive(chunk: Buffer): boolean;

  protected waited(ms: number): void {
    this.longestWaitMs = Math.max(this.longestWaitMs, ms);
  }

  protected break(because: string): false {
    this.broken ??= { port: this.port, kind: this.kind, atMs: monotonicMs(), because };
    this.socket.destroy();
    return false;
  }
}
