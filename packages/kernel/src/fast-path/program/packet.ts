import { protocols } from "@vipair/model";
import { change, jump, jumpIf, type Line, load, store, storeNumber } from "../../bpf/instruction.js";
import { flowKey } from "../layout.js";
import {
  context,
  copy,
  type FastPathMaps,
  frame,
  lookUp,
  packet,
  set,
  toStack,
  transport,
  unlessWithin,
} from "./lines.js";
import { data, dataEnd, packetType, stack, v4, v6, vlanPresent } from "./numbers.js";

/** A node without a lease has nothing more to do; whether it has ended is asked when there is something to carry. */
export const findLease = ({ lease }: FastPathMaps): readonly Line[] => [
  copy(context, 1),
  load(4, 2, context, packetType),
  jumpIf(2, "different", 0, "pass"),
  load(4, 2, context, vlanPresent),
  jumpIf(2, "different", 0, "pass"),
  storeNumber(4, frame, stack.zero, 0),
  ...lookUp(lease, stack.zero),
  jumpIf(0, "equal", 0, "pass"),
  load(8, 1, 0, 0),
  jumpIf(1, "equal", 0, "pass"),
  store(8, frame, stack.leaseEnd, 1),
];

/** Leaves the key on the stack, and the protocol in r4. */
export const readPacket = (): readonly Line[] => [
  load(4, packet, context, data),
  load(4, 3, context, dataEnd),
  ...unlessWithin(v4.transport + 8, "pass"),
  ...[0, 8, 16, 24, 32].map((at) => storeNumber(8, frame, stack.key + at, 0)),
  load(2, 4, packet, 12),
  jumpIf(4, "equal", 0x0008, "v4"),
  jumpIf(4, "different", 0xdd86, "pass"),

  ...unlessWithin(v6.transport + 8, "pass"),
  load(1, 4, packet, v6.hops),
  jumpIf(4, "atMost", 1, "pass"),
  ...toStack(8, 32, packet, v6.source, stack.key + flowKey.source),
  ...toStack(4, 4, packet, v6.transport, stack.key + flowKey.ports),
  storeNumber(1, frame, stack.key + flowKey.family, 6),
  load(1, 4, packet, v6.protocol),
  ...readTransport(v6.transport),

  "v4",
  load(1, 4, packet, v4.start),
  jumpIf(4, "different", 0x45, "pass"),
  load(2, 4, packet, v4.fragment),
  change(4, "and", 0xff3f),
  jumpIf(4, "different", 0, "pass"),
  load(1, 4, packet, v4.hops),
  jumpIf(4, "atMost", 1, "pass"),
  ...toStack(4, 4, packet, v4.source, stack.key + flowKey.source),
  ...toStack(4, 4, packet, v4.destination, stack.key + flowKey.destination),
  ...toStack(4, 4, packet, v4.transport, stack.key + flowKey.ports),
  storeNumber(1, frame, stack.key + flowKey.family, 4),
  load(1, 4, packet, v4.protocol),
  ...readTransport(v4.transport),
];

/**
 * Of the protocol in r4. Where its header begins is a number in each instruction, not in a register: without CAP_PERFMON the
 * verifier lets nobody add a register to a packet's address.
 */
const readTransport = (at: number): readonly Line[] => [
  set(transport, at),
  store(1, frame, stack.key + flowKey.protocol, 4),
  storeNumber(8, frame, stack.header, 8),
  storeNumber(8, frame, stack.sequence, 0),
  storeNumber(1, frame, stack.flags, 0),
  storeNumber(4, frame, stack.number, 0),
  jumpIf(4, "equal", protocols.udp, "find"),
  jumpIf(4, "different", protocols.tcp, "pass"),
  ...unlessWithin(at + 14, "pass"),
  load(1, 2, packet, at + 12),
  change(2, "shiftRight", 4),
  change(2, "shiftLeft", 2),
  store(8, frame, stack.header, 2),
  ...toStack(4, 8, packet, at + 4, stack.sequence),
  load(1, 2, packet, at + 13),
  store(1, frame, stack.flags, 2),
  jump("tcp"),
];
