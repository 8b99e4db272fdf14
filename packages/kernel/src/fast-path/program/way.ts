import {
  call,
  change,
  changeBy,
  exit,
  jump,
  jumpIf,
  jumpIfBy,
  type Line,
  load,
  type Register,
  store,
  storeNumber,
} from "../../bpf/instruction.js";
import { AF_INET, AF_INET6 } from "../../libc/libc.js";
import { flowKey, translation, way } from "../layout.js";
import {
  context,
  copy,
  copyBytes,
  type FastPathMaps,
  flow,
  frame,
  onStack,
  packet,
  set,
  toStack,
  transport,
} from "./lines.js";
import {
  ethernet,
  fib,
  fibLookup,
  ingressInterface,
  length,
  neighbour,
  redirectNeighbour,
  segmentSize,
  stack,
  standing,
  v4,
  v6,
} from "./numbers.js";

/** `BPF_FIB_LKUP_RET_NO_NEIGH`. */
const noNeighbour = 7;
/** Fits everywhere. */
const smallFrame = 500;

/** What the kernel has told of a way is taken for a tenth of a second; nanoseconds. */
const rememberedFor = 100_000_000;

/** Takes the way that the packets before went, or asks for that of the packet as it will be. */
export const findWay = ({ young }: FastPathMaps): readonly Line[] => [
  "find way",
  ...recall(),
  "ask",
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
  jumpIf(0, "equal", 0, "told"),
  ...(young === undefined ? [] : unlessAsked),
  jump("no way"),
  "told",
  ...remember(),
  "fits",
  // Of a packet that stands for several, each has to fit.
  load(4, 1, context, segmentSize),
  jumpIf(1, "equal", 0, "way found"),
  load(8, 2, frame, stack.header),
  changeBy(1, "add", 2),
  changeBy(1, "add", transport),
  change(1, "subtract", ethernet),
  load(2, 2, frame, stack.fib + fib.mtu),
  jumpIfBy(1, "above", 2, "no way"),
  "way found",
];

/** Where the way is remembered. */
const memory: Register = 4;

/** Of one packet alone, nobody else looks whether it fits. */
const recall = (): readonly Line[] => [
  load(8, memory, frame, stack.memory),
  load(8, 2, memory, way.until),
  load(8, 3, frame, stack.now),
  jumpIfBy(3, "atLeast", 2, "ask"),
  load(2, 3, memory, way.mtu),
  store(2, frame, stack.fib + fib.mtu, 3),
  load(4, 2, context, segmentSize),
  jumpIf(2, "different", 0, "recall"),
  change(3, "add", ethernet),
  load(4, 2, context, length),
  jumpIfBy(2, "above", 3, "ask"),
  "recall",
  ...toStack(4, 4, memory, way.interface, stack.fib + fib.interface),
  ...toStack(1, 1, memory, way.family, stack.fib + fib.family),
  ...toStack(8, 16, memory, way.neighbour, stack.fib + fib.destination),
  jump("fits"),
];

const remember = (): readonly Line[] => [
  load(8, memory, frame, stack.memory),
  ...copyBytes(4, 4, frame, stack.fib + fib.interface, memory, way.interface),
  ...copyBytes(2, 2, frame, stack.fib + fib.mtu, memory, way.mtu),
  ...copyBytes(1, 1, frame, stack.fib + fib.family, memory, way.family),
  ...copyBytes(8, 16, frame, stack.fib + fib.destination, memory, way.neighbour),
  load(8, 1, frame, stack.now),
  change(1, "add", rememberedFor),
  store(8, memory, way.until, 1),
];

/**
 * A neighbour that is not known is asked for when the packet is sent out. Conntrack does not know young connections, so theirs
 * must not wait for another packet to do that; whether they fit has not been looked at.
 */
const unlessAsked: readonly Line[] = [
  jumpIf(0, "different", noNeighbour, "no way"),
  load(1, 1, frame, stack.standing),
  jumpIf(1, "equal", standing.carried, "no way"),
  load(4, 1, context, length),
  jumpIf(1, "atMost", smallFrame, "fits"),
];

/** Through the neighbour's entry, so that the kernel goes on looking whether the neighbour is there. */
export const sendOut = (): readonly Line[] => [
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
