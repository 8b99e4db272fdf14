/** What the parts of the program have in common: registers with a meaning, and pieces of a few instructions. */
import {
  call,
  change,
  changeBy,
  type Instruction,
  jumpIfBy,
  type Line,
  load,
  loadMap,
  type Register,
  store,
  type Width,
} from "../../bpf/instruction.js";
import { bootTime, mapDelete, mapLookup, stack } from "./numbers.js";

/** File descriptors. */
export interface FastPathMaps {
  readonly flows: number;
  readonly lease: number;
  readonly samples: number;
  readonly busy: number;
  /** For a fast path that connections begin on. */
  readonly young: YoungMaps | undefined;
}

export interface YoungMaps {
  readonly connections: number;
  readonly open: number;
  readonly interfaces: number;
  readonly servers: number;
  readonly services: number;
  readonly slots: number;
  readonly counts: number;
}

export const context: Register = 6;
/** How the packet is translated: a value of a map, or on the stack. */
export const flow: Register = 7;
export const packet: Register = 8;
/** Where the transport's header begins: `v4` or `v6` `.transport`. */
export const transport: Register = 9;
export const frame: Register = 10;

export const set = (register: Register, value: number): Instruction => change(register, "set", value);
export const copy = (register: Register, from: Register): Instruction => changeBy(register, "set", from);
export const onStack = (register: Register, offset: number): readonly Instruction[] => [
  copy(register, frame),
  change(register, "add", offset),
];

/** What the map has for the key on the stack: its address in r0, or 0. */
export const lookUp = (map: number, key: number): readonly Line[] => [
  ...onStack(2, key),
  ...loadMap(1, map),
  call(mapLookup),
];

export const forget = (map: number, key: number): readonly Line[] => [
  ...onStack(2, key),
  ...loadMap(1, map),
  call(mapDelete),
];

/** Copies so many bytes, in steps of `width`, through r1. */
export const copyBytes = (
  width: Width,
  length: number,
  from: Register,
  offset: number,
  to: Register,
  place: number,
): readonly Line[] =>
  Array.from({ length: length / width }, (_, step) => step * width).flatMap((at) => [
    load(width, 1, from, offset + at),
    store(width, to, place + at, 1),
  ]);

export const toStack = (width: Width, length: number, from: Register, offset: number, to: number): readonly Line[] =>
  copyBytes(width, length, from, offset, frame, to);

/** With the end of the packet in r3. */
export const unlessWithin = (length: number, otherwise: string): readonly Line[] => [
  copy(2, packet),
  change(2, "add", length),
  jumpIfBy(2, "above", 3, otherwise),
];

/** r1: one round of folding a sum to 16 bits. */
export const foldSum = (): readonly Line[] => [
  copy(2, 1),
  change(2, "shiftRight", 16),
  change(1, "and", 0xffff),
  changeBy(1, "add", 2),
];

/** Leaves the time in r0, and on the stack. */
export const unlessEnded = (otherwise: string): readonly Line[] => [
  call(bootTime),
  store(8, frame, stack.now, 0),
  load(8, 1, frame, stack.leaseEnd),
  jumpIfBy(0, "atLeast", 1, otherwise),
];

/** The way is remembered there, with the translation in the register. */
export const rememberAt = (translated: Register, at: number): readonly Line[] => [
  copy(1, translated),
  change(1, "add", at),
  store(8, frame, stack.memory, 1),
];
