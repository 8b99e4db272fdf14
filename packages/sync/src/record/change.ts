import { tcpPhase } from "./hash.js";
import { fields, recordLength } from "./layout.js";

/** SEEN_REPLY, ASSURED, CONFIRMED, SRC_NAT, DST_NAT (`enum ip_conntrack_status`): the bits that an insertion carries. */
const statusMask = 0x3e;
/** WINDOW_SCALE, SACK_PERM, BE_LIBERAL (`IP_CT_TCP_FLAG_*`) of both directions; the others change with every packet. */
const tcpFlagsMask = 0x0b0b;

/** Whether two records of one connection differ in something that matters to the kernel that gets it. */
export function recordDiffers(a: DataView, at: number, b: DataView, bt: number): boolean {
  if (tcpPhase(a, at) !== tcpPhase(b, bt)) return true;
  if (((a.getUint16(at + fields.tcpFlagsOriginal) ^ b.getUint16(bt + fields.tcpFlagsOriginal)) & tcpFlagsMask) !== 0)
    return true;
  if (a.getUint16(at + fields.scaleOriginal) !== b.getUint16(bt + fields.scaleOriginal)) return true;
  if (((a.getUint32(at + fields.status) ^ b.getUint32(bt + fields.status)) & statusMask) !== 0) return true;
  if (a.getUint32(at + fields.mark) !== b.getUint32(bt + fields.mark)) return true;
  if (a.getUint32(at + fields.portsReply) !== b.getUint32(bt + fields.portsReply)) return true;
  const end = recordLength(a, at);
  for (let i = fields.addresses; i < end; i += 4) if (a.getUint32(at + i) !== b.getUint32(bt + i)) return true;
  return false;
}
