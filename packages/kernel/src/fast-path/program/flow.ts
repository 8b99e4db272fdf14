import {
  call,
  change,
  jump,
  jumpIf,
  type Line,
  load,
  loadMap,
  type Register,
  store,
  storeNumber,
} from "../../bpf/instruction.js";
import { flowKey, translation } from "../layout.js";
import {
  copy,
  type FastPathMaps,
  flow,
  forget,
  frame,
  lookUp,
  onStack,
  rememberAt,
  set,
  toStack,
  unlessEnded,
} from "./lines.js";
import { getRandom, mapPush, mapUpdate, stack, standing, tcp } from "./numbers.js";

/** One packet of so many is counted; a power of two. */
const sampled = 16;
/** Who was counted so often has sent some 130 packets: more than most connections ever do. */
const busySamples = 8;

/** @param from where packets of TCP come from */
export const findFlow = ({ flows }: FastPathMaps, from: string): readonly Line[] => [
  from,
  load(1, 2, frame, stack.flags),
  change(2, "and", tcp.fin | tcp.syn | tcp.rst),
  jumpIf(2, "different", 0, "leave"),
  "find",
  ...lookUp(flows, stack.key),
  jumpIf(0, "equal", 0, "sample"),
  copy(flow, 0),
  ...unlessEnded("pass"),
  store(8, flow, translation.seen, 0),
  storeNumber(1, frame, stack.standing, standing.carried),
  ...rememberAt(flow, translation.way),
];

/** Counts who is not known, and tells who is busy. */
export const sample = ({ samples, busy }: FastPathMaps): readonly Line[] => [
  "sample",
  call(getRandom),
  change(0, "and", sampled - 1),
  jumpIf(0, "different", 0, "pass"),
  ...lookUp(samples, stack.key),
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
export const leave = ({ flows }: FastPathMaps): readonly Line[] => [
  "leave",
  ...lookUp(flows, stack.key),
  jumpIf(0, "equal", 0, "pass"),
  ...keyOfOther(0),
  ...forget(flows, stack.reverse),
  ...forget(flows, stack.key),
  jump("pass"),
];

/** The other direction comes from where this one goes to: its key on the stack, from the translation that stands `at` there. */
export const keyOfOther = (base: Register, at = 0): readonly Line[] => [
  ...toStack(8, 16, base, at + translation.destination, stack.reverse + flowKey.source),
  ...toStack(8, 16, base, at + translation.source, stack.reverse + flowKey.destination),
  ...toStack(2, 2, base, at + translation.ports + 2, stack.reverse + flowKey.ports),
  ...toStack(2, 2, base, at + translation.ports, stack.reverse + flowKey.ports + 2),
  ...toStack(4, 4, frame, stack.key + flowKey.protocol, stack.reverse + flowKey.protocol),
];
