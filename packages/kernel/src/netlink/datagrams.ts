import { errno, KernelError, lastErrno } from "../libc/errno.js";
import { addressOf, libc, MSG_DONTWAIT } from "../libc/libc.js";

/** `sizeof(struct mmsghdr)` and of `struct iovec`, 64 bits. */
const headerSize = 64;
const vectorSize = 16;

/** Receives many datagrams with one system call. */
export class Datagrams {
  readonly #bytes: Buffer;
  readonly #headers: Buffer;
  readonly #vectors: Buffer;
  /** What was received: datagram `i` begins at `i * size`. */
  readonly view: DataView;

  constructor(
    readonly count: number,
    /** Room for each datagram; a longer one is cut off. */
    readonly size: number,
  ) {
    this.#bytes = Buffer.from(new ArrayBuffer(count * size));
    this.#headers = Buffer.alloc(count * headerSize);
    this.#vectors = Buffer.alloc(count * vectorSize);
    this.view = new DataView(this.#bytes.buffer);
    for (let index = 0; index < count; index++) {
      const vector = index * vectorSize;
      this.#vectors.writeBigUInt64LE(addressOf(this.#bytes) + BigInt(index * size), vector);
      this.#vectors.writeBigUInt64LE(BigInt(size), vector + 8);
      this.#headers.writeBigUInt64LE(addressOf(this.#vectors) + BigInt(vector), index * headerSize + 16);
      this.#headers.writeBigUInt64LE(1n, index * headerSize + 24);
    }
  }

  /**
   * Receives what there is, without waiting.
   * @returns how many datagrams, at most `count`, or `overrun` when the kernel dropped some
   */
  receive(fd: number): number | "overrun" {
    for (;;) {
      const received = libc.recvmmsg(fd, this.#headers, this.count, MSG_DONTWAIT, null);
      if (received >= 0) return received;
      const code = lastErrno();
      if (code === errno.EAGAIN) return 0;
      if (code === errno.ENOBUFS) return "overrun";
      if (code !== errno.EINTR) throw new KernelError("receive from netlink", code);
    }
  }

  /** Length of the datagram that was received as number `index`. */
  lengthOf(index: number): number {
    return this.#headers.readUInt32LE(index * headerSize + 56);
  }
}
