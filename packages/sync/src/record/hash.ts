import { recordFields, recordFlags, recordLength, tcpStates } from "@vipair/model";
import { finish, mix } from "./mix.js";

/** 64 bits in two halves. One is kept and written anew for every record, so that hashing makes no garbage. */
export interface Hash64 {
  low: number;
  high: number;
}

/**
 * What both nodes must agree on: key, reply tuple, mark and the phase of a TCP connection. The timeout runs down on
 * both sides, and the status changes with traffic that only one of them sees.
 */
export function recordHash(view: DataView, offset: number, into: Hash64): Hash64 {
  const first = (view.getUint16(offset) << 8) | tcpPhase(view, offset);
  let low = mix(0x9747b28c, first);
  let high = mix(0x3c6ef372, first);
  const mark = view.getUint32(offset + recordFields.mark);
  const original = view.getUint32(offset + recordFields.portsOriginal);
  const reply = view.getUint32(offset + recordFields.portsReply);
  low = mix(mix(mix(low, mark), original), reply);
  high = mix(mix(mix(high, reply), mark), original);
  const end = offset + recordLength(view, offset);
  for (let at = offset + recordFields.addresses; at < end; at += 4) {
    const word = view.getUint32(at);
    low = mix(low, word);
    high = mix(high, word);
  }
  into.low = finish(low);
  into.high = finish(high);
  return into;
}

const { established, timeWait, close } = tcpStates;

/**
 * No TCP, opening, established, closed. A connection that is closing counts as established: one side may go on sending for
 * hours, and no event tells of these states. Within a phase, two entries may be a packet apart without harm: a standby that
 * takes over sees the next packet either way.
 */
export function tcpPhase(view: DataView, offset: number): 0 | 1 | 2 | 3 {
  if ((view.getUint8(offset + recordFields.flags) & recordFlags.tcp) === 0) return 0;
  const state = view.getUint8(offset + recordFields.tcpState);
  if (state >= established && state < timeWait) return 2;
  return state === timeWait || state === close ? 3 : 1;
}
