/** `NLA_F_NESTED`. */
const nested = 0x8000;

/**
 * Writes netlink messages and their attributes one behind the other into one growing buffer.
 *
 *     | nlmsghdr 16 | family header | attribute | attribute | … | nlmsghdr | …
 *                                    ^ length 2, type 2, value, padded to 4
 *
 * Headers are in the byte order of the machine, and every machine this runs on is little-endian.
 */
export class NetlinkWriter {
  #bytes = Buffer.alloc(4096);
  #view = viewOf(this.#bytes);
  #length = 0;

  /** Forgets what was written; the buffer is used again. */
  reset(): this {
    this.#length = 0;
    return this;
  }

  /** What was written so far: a view that lives until the next write. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** How many bytes were written so far: where the next message begins. */
  get length(): number {
    return this.#length;
  }

  /** Adds flags to the message that begins at `start`. */
  addFlags(start: number, flags: number): void {
    const at = start + 6;
    this.#view.setUint16(at, this.#view.getUint16(at, true) | flags, true);
  }

  /** One message: header, then what `body` writes. */
  message(type: number, flags: number, sequence: number, body: () => void): this {
    const start = this.#length;
    this.u32(0).u16(type).u16(flags).u32(sequence).u32(0);
    body();
    this.#view.setUint32(start, this.#length - start, true);
    return this.#align();
  }

  u8(value: number): this {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  u16(value: number): this {
    this.#reserve(2);
    this.#view.setUint16(this.#length, value, true);
    this.#length += 2;
    return this;
  }

  /** Network byte order. */
  be16(value: number): this {
    this.#reserve(2);
    this.#view.setUint16(this.#length, value);
    this.#length += 2;
    return this;
  }

  u32(value: number): this {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  attribute(type: number, value: Uint8Array): this {
    return this.u16(4 + value.length)
      .u16(type)
      .raw(value)
      .#align();
  }

  attributeU8(type: number, value: number): this {
    return this.u16(5).u16(type).u8(value).#align();
  }

  attributeU32(type: number, value: number): this {
    return this.u16(8).u16(type).u32(value);
  }

  attributeBe16(type: number, value: number): this {
    return this.u16(6).u16(type).be16(value).#align();
  }

  attributeBe32(type: number, value: number): this {
    return this.u16(8)
      .u16(type)
      .be16(value >>> 16)
      .be16(value & 0xffff);
  }

  attributeBe64(type: number, value: number): this {
    this.u16(12).u16(type).#reserve(8);
    this.#view.setBigUint64(this.#length, BigInt(value));
    this.#length += 8;
    return this;
  }

  /** Terminated by a zero byte. */
  attributeString(type: number, value: string): this {
    return this.attribute(type, Buffer.from(`${value}\0`, "utf8"));
  }

  nest(type: number, body: () => void): this {
    const start = this.openNest(type);
    body();
    return this.closeNest(start);
  }

  /** Begins a nested attribute, for {@link closeNest}: what is written thousands of times does without a closure. */
  openNest(type: number): number {
    const start = this.#length;
    this.u16(0).u16(type | nested);
    return start;
  }

  closeNest(start: number): this {
    this.#view.setUint16(start, this.#length - start, true);
    return this.#align();
  }

  #align(): this {
    while ((this.#length & 3) !== 0) this.u8(0);
    return this;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#length + count));
    this.#bytes.copy(larger);
    this.#bytes = larger;
    this.#view = viewOf(larger);
  }
}

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
