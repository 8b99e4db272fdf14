/** Without `NLA_F_NESTED` and `NLA_F_NET_BYTEORDER`. */
const typeMask = 0x3fff;

export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** The socket whose request this belongs to, or caused the event; 0 is the kernel. */
  readonly port: number;
  /** What follows the header: a view into the datagram. */
  readonly body: Buffer;
}

/** The messages of one datagram; a truncated tail is left out. */
export function decodeMessages(datagram: Buffer): NetlinkMessage[] {
  return messageStarts(datagram).map((at) => ({
    type: datagram.readUInt16LE(at + 4),
    flags: datagram.readUInt16LE(at + 6),
    sequence: datagram.readUInt32LE(at + 8),
    port: datagram.readUInt32LE(at + 12),
    body: datagram.subarray(at + 16, at + datagram.readUInt32LE(at)),
  }));
}

/** Where the messages of the datagram begin; each is whole. */
export function messageStarts(datagram: Buffer): number[] {
  const starts: number[] = [];
  let at = 0;
  while (at + 16 <= datagram.length) {
    const length = datagram.readUInt32LE(at);
    if (length < 16 || at + length > datagram.length) break;
    starts.push(at);
    at += (length + 3) & ~3;
  }
  return starts;
}

/** Attributes by type, from offset `from` on; of the same type the last one counts. */
export function decodeAttributes(bytes: Buffer, from = 0): Map<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  let at = from;
  while (at + 4 <= bytes.length) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > bytes.length) break;
    attributes.set(bytes.readUInt16LE(at + 2) & typeMask, bytes.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return attributes;
}

/** Text up to its terminating zero. */
export function decodeString(bytes: Buffer | undefined): string {
  if (bytes === undefined) return "";
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end < 0 ? bytes.length : end);
}
