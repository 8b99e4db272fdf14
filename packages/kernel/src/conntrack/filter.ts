import { instruction } from "../socket/filter.js";

/** Which entries of conntrack count: those whose mark, under the mask, equals `mark`. */
export interface Selection {
  readonly mark: number;
  readonly mask: number;
}

/** Offsets within a conntrack message: its netlink header, then the family header of 4 bytes, then the attributes. */
const portId = 12;
const attributes = 20;
const CTA_MARK = 8;
const everything = 0xffff_ffff;

/** `SKF_AD_OFF + SKF_AD_NLATTR`: finds the attribute of type X from A on, and puts its offset, or 0, into A. */
const nlattr = 0xffff_f00c;

/**
 * Classic BPF that lets pass the events of the selection that none of the `ownPorts` caused. What it leaves out costs
 * neither room in the receive buffer nor a system call.
 *
 *     ld [portId]    jeq own → drop   …
 *     ldx #CTA_MARK  ld #attributes  ld nlattr  jeq 0 → no mark
 *     tax            ld [x + 4]      no mark: and #mask  jeq mark → accept, else drop
 */
export function selectionFilter({ mark, mask }: Selection, ownPorts: Iterable<number>): Uint8Array {
  // BPF loads in network byte order; the port id is in the machine's.
  const own = [...ownPorts].map(swapBytes);
  const toDrop = (index: number) => own.length - index - 1 + 9;
  const program = [
    instruction(0x20, portId),
    ...own.map((port, index) => instruction(0x15, port, toDrop(index), 0)),
    instruction(0x01, CTA_MARK),
    instruction(0x00, attributes),
    instruction(0x20, nlattr),
    instruction(0x15, 0, 2, 0),
    instruction(0x07, 0),
    instruction(0x40, 4),
    instruction(0x54, mask),
    instruction(0x15, mark, 0, 1),
    instruction(0x06, everything),
    instruction(0x06, 0),
  ];
  return Buffer.concat(program);
}

function swapBytes(value: number): number {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes.readUInt32BE();
}
