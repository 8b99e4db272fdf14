import { NetlinkWriter } from "../netlink/writer.js";

/**
 * A netlink message that is the same for many connections but for some of its bytes. It is written once; for each connection
 * these bytes are copied from its record.
 */
export class MessageForm {
  readonly view: DataView;

  constructor(
    /** The message as it was last filled in. */
    readonly bytes: Uint8Array,
    /** Where each byte goes, followed by where in a record it comes from. */
    private readonly copies: Int32Array,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.view.setUint32(0, bytes.length, true);
  }

  fill(records: Uint8Array, record: number, flags: number, sequence: number): void {
    const { bytes, copies } = this;
    this.view.setUint16(6, flags, true);
    this.view.setUint32(8, sequence, true);
    for (let index = 0; index < copies.length; index += 2) {
      bytes[copies[index] ?? 0] = records[record + (copies[index + 1] ?? 0)] ?? 0;
    }
  }
}

/** Writes a form: attributes may have values that are still open. */
export class FormWriter extends NetlinkWriter {
  readonly #copies: number[] = [];

  /** @param type of the message */
  constructor(type: number) {
    super();
    this.u32(0).u16(type).u16(0).u32(0).u32(0);
  }

  /** The value is copied from this field of the record. */
  attributeOf(type: number, field: number, length: number): this {
    const to = this.attributeLater(type, length);
    for (let byte = 0; byte < length; byte++) this.#copies.push(to + byte, field + byte);
    return this;
  }

  /** @returns where the value belongs */
  attributeLater(type: number, length: number): number {
    const to = this.written.length + 4;
    this.attribute(type, new Uint8Array(length));
    return to;
  }

  finish(): MessageForm {
    return new MessageForm(Uint8Array.from(this.written), Int32Array.from(this.#copies));
  }
}
