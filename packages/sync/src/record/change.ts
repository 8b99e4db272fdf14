import { recordFields, recordLength } from "@vipair/model";
import { tcpPhase } from "./hash.js";

/** SEEN_REPLY, ASSURED, CONFIRMED, SRC_NAT, DST_NAT (`enum ip_conntrack_status`): the bits that an insertion carries. */
const statusMask = 0x3e;
/** WINDOW_SCALE, SACK_PERM, BE_LIBERAL (`IP_CT_TCP_FLAG_*`) of both directions; the others change with every packet. */
const tcpFlagsMask = 0x0b0b;

/** Whether two records of one connection differ in something that matters to the kernel that gets it. */
export function recordDiffers(a: DataView, at: number, b: DataView, bt: number): boolean {
  if (tcpPhase(a, at) !== tcpPhase(b, bt)) return true;
  if (
    ((a.getUint16(at + recordFields.tcpFlagsOriginal) ^ b.getUint16(bt + recordFields.tcpFlagsOriginal)) &
      tcpFlagsMask) !==
    0
  )
    return true;
  if (a.getUint16(at + recordFields.scaleOriginal) !== b.getUint16(bt + recordFields.scaleOriginal)) return true;
  if (((a.getUint32(at + recordFields.status) ^ b.getUint32(bt + recordFields.status)) & statusMask) !== 0) return true;
  if (a.getUint32(at + recordFields.mark) !== b.getUint32(bt + recordFields.mark)) return true;
  if (a.getUint32(at + recordFields.portsReply) !== b.getUint32(bt + recordFields.portsReply)) return true;
  const end = recordLength(a, at);
  for (let i = recordFields.addresses; i < end; i += 4) if (a.getUint32(at + i) !== b.getUint32(bt + i)) return true;
  return false;
}
