/** Messages of `sendmsg` and `recvmsg` as 64-bit Linux lays them out: a header that points to name, bytes and control data. */
import { addressOf } from "../libc/libc.js";

const headerSize = 56;
const controlHeaderSize = 16;

/** Room for one message; lives as long as the socket, so that what the header points to stays where it is. */
export class MessageBuffer {
  readonly header = Buffer.alloc(headerSize);
  readonly name = Buffer.alloc(28);
  readonly control = Buffer.alloc(128);
  readonly bytes: Buffer;
  readonly #vector = Buffer.alloc(16);

  constructor(size: number) {
    this.bytes = Buffer.alloc(size);
    this.#vector.writeBigUInt64LE(addressOf(this.bytes), 0);
    this.header.writeBigUInt64LE(addressOf(this.name), 0);
    this.header.writeBigUInt64LE(addressOf(this.#vector), 16);
    this.header.writeBigUInt64LE(1n, 24);
    this.header.writeBigUInt64LE(addressOf(this.control), 32);
  }

  /** How much of each part counts: what is there to send, or room to receive. */
  setLengths(name: number, control: number, bytes: number): this {
    this.header.writeUInt32LE(name, 8);
    this.header.writeBigUInt64LE(BigInt(control), 40);
    this.#vector.writeBigUInt64LE(BigInt(bytes), 8);
    return this;
  }

  /** Room for the longest of everything. */
  makeRoom(): this {
    return this.setLengths(this.name.length, this.control.length, this.bytes.length);
  }

  /** Writes the one piece of control data to send. @returns how long it is */
  writeControl(level: number, type: number, data: Uint8Array): number {
    this.control.writeBigUInt64LE(BigInt(controlHeaderSize + data.length), 0);
    this.control.writeInt32LE(level, 8);
    this.control.writeInt32LE(type, 12);
    this.control.set(data, controlHeaderSize);
    return controlHeaderSize + aligned(data.length);
  }

  /** The control data of this kind that was received. */
  readControl(level: number, type: number): Buffer | undefined {
    const end = Number(this.header.readBigUInt64LE(40));
    for (let at = 0; at + controlHeaderSize <= end; ) {
      const length = Number(this.control.readBigUInt64LE(at));
      if (length < controlHeaderSize || at + length > end) return undefined;
      if (this.control.readInt32LE(at + 8) === level && this.control.readInt32LE(at + 12) === type) {
        return this.control.subarray(at + controlHeaderSize, at + length);
      }
      at += aligned(length);
    }
    return undefined;
  }
}

const aligned = (length: number): number => (length + 7) & ~7;
