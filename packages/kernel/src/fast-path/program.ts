/**
 * The program that carries packets of established connections past conntrack and nftables, on every interface where they
 * come in:
 *
 *     the lease's end in its map?          no: this node owns nothing ──▶ pass
 *     TCP or UDP, whole, no options?       no ──▶ pass
 *     SYN, FIN or RST?                     both directions leave the fast path ──▶ pass
 *     this direction is in `flows`?        no: one of 16 packets is counted; whoever has many is told ──▶ pass
 *     the lease has not ended?             no ──▶ pass
 *     the kernel has a route, a neighbour and room on the way?  no ──▶ pass
 *     translate, one hop less, out
 *
 * `pass` is the ordinary way through the fence, conntrack and the rules, where everything is decided: the program itself
 * decides nothing, and a packet that it cannot make sense of is never lost. Helpers: bpf-helpers(7).
 */
import { protocols } from "@vipair/model";
import {
  call,
  change,
  changeBy,
  exit,
  type Instruction,
  jump,
  jumpIf,
  jumpIfBy,
  type Line,
  load,
  loadMap,
  type Register,
  store,
  storeNumber,
} from "../bpf/instruction.js";
import { AF_INET, AF_INET6 } from "../libc/libc.js";
import { flowKey, translation } from "./layout.js";
import {
  BPF_F_MARK_MANGLED_0,
  BPF_F_PSEUDO_HDR,
  bootTime,
  data,
  dataEnd,
  ethernet,
  fib,
  fibLookup,
  getRandom,
  ingressInterface,
  mapDelete,
  mapLookup,
  mapPush,
  mapUpdate,
  neighbour,
  packetType,
  redirectNeighbour,
  replaceTransportSum,
  segmentSize,
  stack,
  storeBytes,
  TC_ACT_OK,
  TC_ACT_SHOT,
  v4,
  v6,
  vlanPresent,
} from "./numbers.js";

/** File descriptors. */
export interface FastPathMaps {
  readonly flows: number;
  readonly lease: number;
  readonly samples: number;
  readonly busy: number;
}

/** One packet of so many is counted; a power of two. */
const sampled = 16;
/** Who was counted so often has sent some 130 packets: more than most connections ever do. */
const busySamples = 8;

const context: Register = 6;
const flow: Register = 7;
const packet: Register = 8;
/** Where the transport's header begins: {@link v4} or {@link v6} `.transport`. */
const transport: Register = 9;
const frame: Register = 10;

const set = (register: Register, value: number): Instruction => change(register, "set", value);
const copy = (register: Register, from: Register): Instruction => changeBy(register, "set", from);
const onStack = (register: Register, offset: number): readonly Instruction[] => [
  copy(register, frame),
  change(register, "add", offset),
];

export function fastPathProgram(maps: FastPathMaps): readonly Line[] {
  return [
    ...findLease(maps),
    ...readPacket(),
    ...findFlow(maps),
    ...findWay(),
    ...translate(),
    ...sendOut(),
    ...sample(maps),
    ...leave(maps),
    "pass",
    set(0, TC_ACT_OK),
    exit,
    "drop",
    set(0, TC_ACT_SHOT),
    exit,
  ];
}

/** A node without a lease has nothing more to do; whether it has ended is asked when there is something to carry. */
const findLease = ({ lease }: FastPathMaps): readonly Line[] => [
  copy(context, 1),
  load(4, 2, context, packetType),
  jumpIf(2, "different", 0, "pass"),
  load(4, 2, context, vlanPresent),
  jumpIf(2, "different", 0, "pass"),
  storeNumber(4, frame, stack.zero, 0),
  ...onStack(2, stack.zero),
  ...loadMap(1, lease),
  call(mapLookup),
  jumpIf(0, "equal", 0, "pass"),
  load(8, 1, 0, 0),
  jumpIf(1, "equal", 0, "pass"),
  store(8, frame, stack.leaseEnd, 1),
];

/** Leaves the key on the stack, and the protocol in r4. */
const readPacket = (): readonly Line[] => [
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
  jump("find"),

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
  jumpIf(4, "equal", protocols.udp, "find"),
  jumpIf(4, "different", protocols.tcp, "pass"),
  ...unlessWithin(at + 14, "pass"),
  load(1, 2, packet, at + 12),
  change(2, "shiftRight", 4),
  change(2, "shiftLeft", 2),
  store(8, frame, stack.header, 2),
  load(1, 2, packet, at + 13),
  change(2, "and", 0x07),
  jumpIf(2, "different", 0, "leave"),
];

const findFlow = ({ flows }: FastPathMaps): readonly Line[] => [
  "find",
  ...onStack(2, stack.key),
  ...loadMap(1, flows),
  call(mapLookup),
  jumpIf(0, "equal", 0, "sample"),
  copy(flow, 0),
  call(bootTime),
  load(8, 1, frame, stack.leaseEnd),
  jumpIfBy(0, "atLeast", 1, "pass"),
  store(8, flow, translation.seen, 0),
];

/** Asks for the way of the packet as it will be. */
const findWay = (): readonly Line[] => [
  ...Array.from({ length: fib.size / 8 }, (_, at) => storeNumber(8, frame, stack.fib + 8 * at, 0)),
  ...toStack(8, 16, flow, translation.source, stack.fib + fib.source),
  ...toStack(8, 16, flow, translation.destination, stack.fib + fib.destination),
  load(2, 1, flow, translation.ports),
  store(2, frame, stack.fib + fib.ports, 1),
  load(2, 1, flow, translation.ports + 2),
  store(2, frame, stack.fib + fib.ports + 2, 1),
  load(1, 1, frame, stack.key + flowKey.protocol),
  store(1, frame, stack.fib + fib.protocol, 1),
  load(4, 1, context, ingressInterface),
  store(4, frame, stack.fib + fib.interface, 1),
  storeNumber(1, frame, stack.fib + fib.family, AF_INET6),
  jumpIf(transport, "equal", v6.transport, "look up"),
  storeNumber(1, frame, stack.fib + fib.family, AF_INET),
  load(1, 1, packet, v4.start + 1),
  store(1, frame, stack.fib + fib.service, 1),
  "look up",
  copy(1, context),
  ...onStack(2, stack.fib),
  set(3, fib.size),
  set(4, 0),
  call(fibLookup),
  jumpIf(0, "different", 0, "pass"),
  // Of a packet that stands for several, each has to fit.
  load(4, 1, context, segmentSize),
  jumpIf(1, "equal", 0, "translate"),
  load(8, 2, frame, stack.header),
  changeBy(1, "add", 2),
  changeBy(1, "add", transport),
  change(1, "subtract", ethernet),
  load(2, 2, frame, stack.fib + fib.mtu),
  jumpIfBy(1, "above", 2, "pass"),
];

/** Writes what changes of the packet on the stack, in one piece, and has both checksums follow. */
const translate = (): readonly Line[] => [
  "translate",
  jumpIf(transport, "equal", v6.transport, "translate v6"),
  // Hops, protocol, sum, addresses and ports.
  load(2, 1, packet, v4.hops),
  change(1, "subtract", 1),
  store(2, frame, stack.changed, 1),
  load(2, 1, packet, v4.sum),
  change(1, "xor", 0xffff),
  load(4, 2, flow, translation.headerGrowth),
  changeBy(1, "add", 2),
  ...foldSum(),
  ...foldSum(),
  change(1, "xor", 0xffff),
  store(2, frame, stack.changed + 2, 1),
  ...toStack(4, 4, flow, translation.source, stack.changed + 4),
  ...toStack(4, 4, flow, translation.destination, stack.changed + 8),
  ...toStack(4, 4, flow, translation.ports, stack.changed + 12),
  jump("sums"),
  "translate v6",
  // Hops, addresses and ports; the byte before the hops is the protocol.
  load(1, 1, packet, v6.protocol),
  store(1, frame, stack.changed + 2, 1),
  load(1, 1, packet, v6.hops),
  change(1, "subtract", 1),
  store(1, frame, stack.changed + 3, 1),
  ...toStack(4, 36, flow, translation.source, stack.changed + 4),

  "sums",
  set(1, 16),
  set(5, BPF_F_PSEUDO_HDR),
  load(1, 2, frame, stack.key + flowKey.protocol),
  jumpIf(2, "equal", protocols.tcp, "sum of addresses"),
  set(1, 6),
  set(5, BPF_F_PSEUDO_HDR | BPF_F_MARK_MANGLED_0),
  "sum of addresses",
  copy(packet, transport),
  changeBy(packet, "add", 1),
  store(8, frame, stack.sumFlags, 5),
  copy(1, context),
  copy(2, packet),
  set(3, 0),
  load(4, 4, flow, translation.addressGrowth),
  call(replaceTransportSum),
  jumpIf(0, "different", 0, "drop"),
  load(4, 4, flow, translation.portGrowth),
  jumpIf(4, "equal", 0, "write"),
  copy(1, context),
  copy(2, packet),
  set(3, 0),
  load(8, 5, frame, stack.sumFlags),
  change(5, "and", BPF_F_MARK_MANGLED_0),
  call(replaceTransportSum),
  jumpIf(0, "different", 0, "drop"),

  "write",
  copy(1, context),
  set(5, 0),
  jumpIf(transport, "equal", v6.transport, "write v6"),
  set(2, v4.hops),
  ...onStack(3, stack.changed),
  set(4, v4.transport + 4 - v4.hops),
  call(storeBytes),
  jump("written"),
  "write v6",
  set(2, v6.protocol),
  ...onStack(3, stack.changed + 2),
  set(4, v6.transport + 4 - v6.protocol),
  call(storeBytes),
  "written",
  jumpIf(0, "different", 0, "drop"),
];

/** Through the neighbour's entry, so that the kernel goes on looking whether the neighbour is there. */
const sendOut = (): readonly Line[] => [
  load(1, 1, frame, stack.fib + fib.family),
  store(4, frame, stack.neighbour + neighbour.family, 1),
  ...toStack(4, 16, frame, stack.fib + fib.destination, stack.neighbour + neighbour.address),
  load(4, 1, frame, stack.fib + fib.interface),
  ...onStack(2, stack.neighbour),
  set(3, neighbour.size),
  set(4, 0),
  call(redirectNeighbour),
  exit,
];

const sample = ({ samples, busy }: FastPathMaps): readonly Line[] => [
  "sample",
  call(getRandom),
  change(0, "and", sampled - 1),
  jumpIf(0, "different", 0, "pass"),
  ...onStack(2, stack.key),
  ...loadMap(1, samples),
  call(mapLookup),
  jumpIf(0, "equal", 0, "first sample"),
  load(4, 1, 0, 0),
  change(1, "add", 1),
  store(4, 0, 0, 1),
  jumpIf(1, "different", busySamples, "pass"),
  ...onStack(2, stack.key),
  ...loadMap(1, busy),
  set(3, 0),
  call(mapPush),
  jump("pass"),
  "first sample",
  storeNumber(4, frame, stack.one, 1),
  ...onStack(2, stack.key),
  ...onStack(3, stack.one),
  ...loadMap(1, samples),
  set(4, 0),
  call(mapUpdate),
  jump("pass"),
];

/** Conntrack shall see how the connection ends, or begins anew, and everything after that. */
const leave = ({ flows }: FastPathMaps): readonly Line[] => [
  "leave",
  ...onStack(2, stack.key),
  ...loadMap(1, flows),
  call(mapLookup),
  jumpIf(0, "equal", 0, "pass"),
  // The other direction comes from where this one goes to.
  ...toStack(8, 16, 0, translation.destination, stack.reverse + flowKey.source),
  ...toStack(8, 16, 0, translation.source, stack.reverse + flowKey.destination),
  load(2, 1, 0, translation.ports + 2),
  store(2, frame, stack.reverse + flowKey.ports, 1),
  load(2, 1, 0, translation.ports),
  store(2, frame, stack.reverse + flowKey.ports + 2, 1),
  load(4, 1, frame, stack.key + flowKey.protocol),
  store(4, frame, stack.reverse + flowKey.protocol, 1),
  ...onStack(2, stack.reverse),
  ...loadMap(1, flows),
  call(mapDelete),
  ...onStack(2, stack.key),
  ...loadMap(1, flows),
  call(mapDelete),
  jump("pass"),
];

/** Copies so many bytes to the stack, in steps of `width`, through r1. */
const toStack = (width: 4 | 8, length: number, from: Register, offset: number, to: number): readonly Line[] =>
  Array.from({ length: length / width }, (_, step) => step * width).flatMap((at) => [
    load(width, 1, from, offset + at),
    store(width, frame, to + at, 1),
  ]);

/** With the end of the packet in r3. */
const unlessWithin = (length: number, otherwise: string): readonly Line[] => [
  copy(2, packet),
  change(2, "add", length),
  jumpIfBy(2, "above", 3, otherwise),
];

/** r1: one round of folding a sum to 16 bits. */
const foldSum = (): readonly Line[] => [
  copy(2, 1),
  change(2, "shiftRight", 16),
  change(1, "and", 0xffff),
  changeBy(1, "add", 2),
];
