import { flowStatus, tcpStates } from "@vipair/model";
import { instruction } from "../socket/filter.js";
import {
  CTA_MARK,
  CTA_PROTOINFO,
  CTA_PROTOINFO_TCP,
  CTA_PROTOINFO_TCP_STATE,
  CTA_STATUS,
  IPCTNL_MSG_CT_DELETE,
} from "./attributes.js";

/** Which entries of conntrack count: those whose mark, under the mask, equals `mark`. */
export interface Selection {
  readonly mark: number;
  readonly mask: number;
}

/** Offsets within a conntrack message: its netlink header, then the family header of 4 bytes, then the attributes. */
const messageType = 4;
const portId = 12;
const attributes = 20;
const everything = 0xffff_ffff;

/** `SKF_AD_OFF + SKF_AD_NLATTR`: finds the attribute of type X from A on, and puts its offset, or 0, into A. */
const nlattr = 0xffff_f00c;
/** `SKF_AD_OFF + SKF_AD_NLATTR_NEST`: the same among those within the attribute at A. */
const nlattrNest = 0xffff_f010;

/** An instruction, given the way from it to the one that drops. */
type Step = (toDrop: number) => Buffer;

/**
 * Classic BPF that lets pass the events of the selection that none of the `ownPorts` caused, and of these, when that is
 * wanted, only those of assured connections that are not about to close. What it leaves out costs neither room in the
 * receive buffer nor a system call.
 *
 *     ld [portId]                    jeq own → drop   …
 *     ld status                      jset IPS_ASSURED, else drop
 *     ldb [type]                     jeq DELETE → mark
 *     ldb TCP state                  none → mark     FIN_WAIT to LAST_ACK → drop
 *     ld mark           and #mask    jeq mark, else drop
 *     accept
 *     drop
 */
export function selectionFilter(
  { mark, mask }: Selection,
  ownPorts: Iterable<number>,
  onlyLasting: boolean,
): Uint8Array {
  const steps: Step[] = [() => instruction(0x20, portId)];
  // BPF loads in network byte order; the port id is in the machine's.
  for (const port of ownPorts) steps.push((toDrop) => instruction(0x15, swapBytes(port), toDrop, 0));
  if (onlyLasting) {
    steps.push(...loadAttribute(CTA_STATUS), (toDrop) => instruction(0x45, flowStatus.assured, 0, toDrop));
    steps.push(...dropClosing());
  }
  steps.push(
    ...loadAttribute(CTA_MARK),
    () => instruction(0x54, mask),
    (toDrop) => instruction(0x15, mark, 0, toDrop),
    () => instruction(0x06, everything),
    () => instruction(0x06, 0),
  );
  return Buffer.concat(steps.map((step, index) => step(steps.length - 2 - index)));
}

/** Drops what tells of TCP that is about to close and has not ended; everything else goes on behind these steps. */
function dropClosing(): Step[] {
  const within = (type: number, toEnd: number): Step[] => [
    () => instruction(0x01, type),
    () => instruction(0x20, nlattrNest),
    () => instruction(0x15, 0, toEnd, 0),
  ];
  return [
    // The lower byte of the type: the machine's byte order.
    () => instruction(0x30, messageType),
    () => instruction(0x15, IPCTNL_MSG_CT_DELETE & 0xff, 14, 0),
    () => instruction(0x01, CTA_PROTOINFO),
    () => instruction(0x00, attributes),
    () => instruction(0x20, nlattr),
    () => instruction(0x15, 0, 10, 0),
    ...within(CTA_PROTOINFO_TCP, 7),
    ...within(CTA_PROTOINFO_TCP_STATE, 4),
    () => instruction(0x07, 0),
    () => instruction(0x50, 4),
    () => instruction(0x35, tcpStates.finWait, 0, 1),
    (toDrop) => instruction(0x25, tcpStates.lastAck, 0, toDrop),
  ];
}

/** Loads the 32 bits of an attribute; 0 where there is none. */
const loadAttribute = (type: number): Step[] => [
  () => instruction(0x01, type),
  () => instruction(0x00, attributes),
  () => instruction(0x20, nlattr),
  () => instruction(0x15, 0, 2, 0),
  () => instruction(0x07, 0),
  () => instruction(0x40, 4),
];

function swapBytes(value: number): number {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes.readUInt32BE();
}
