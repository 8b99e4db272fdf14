/**
 * Programs for the kernel's virtual machine (eBPF), written down as values: instructions, and labels between them that jumps
 * name. Opcodes: linux/bpf.h, linux/bpf_common.h; RFC 9669.
 *
 *     | opcode 8 | source 4 | destination 4 | offset 16 | immediate 32 |
 */

/** `r0` has results, `r1` to `r5` arguments, `r6` to `r9` survive calls, `r10` is the end of the stack. */
export type Register = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;

/** In bytes. */
export type Width = 1 | 2 | 4 | 8;

export interface Instruction {
  readonly opcode: number;
  readonly destination?: Register;
  /** A register, or `BPF_PSEUDO_*`. */
  readonly source?: number;
  readonly offset?: number;
  readonly immediate?: number;
  /** Where a jump leads. */
  readonly label?: string;
}

/** A line of a program: one instruction, or a label for the next one. */
export type Line = Instruction | string;

const BPF_PSEUDO_MAP_FD = 1;
const widths: Readonly<Record<Width, number>> = { 1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18 };
const operations = {
  add: 0x00,
  subtract: 0x10,
  and: 0x50,
  shiftLeft: 0x60,
  shiftRight: 0x70,
  modulo: 0x90,
  xor: 0xa0,
  set: 0xb0,
} as const;
const comparisons = { equal: 0x10, above: 0x20, atLeast: 0x30, different: 0x50, below: 0xa0, atMost: 0xb0 } as const;

export type Operation = keyof typeof operations;
export type Comparison = keyof typeof comparisons;

/** On 64 bits, with a number. */
export const change = (destination: Register, operation: Operation, immediate: number): Instruction => ({
  opcode: 0x07 | operations[operation],
  destination,
  immediate,
});

/** On 64 bits, with another register. */
export const changeBy = (destination: Register, operation: Operation, source: Register): Instruction => ({
  opcode: 0x0f | operations[operation],
  destination,
  source,
});

export const load = (width: Width, destination: Register, source: Register, offset: number): Instruction => ({
  opcode: 0x61 | widths[width],
  destination,
  source,
  offset,
});

export const store = (width: Width, destination: Register, offset: number, source: Register): Instruction => ({
  opcode: 0x63 | widths[width],
  destination,
  source,
  offset,
});

export const storeNumber = (width: Width, destination: Register, offset: number, immediate: number): Instruction => ({
  opcode: 0x62 | widths[width],
  destination,
  offset,
  immediate,
});

/** Adds 64 bits to what is in memory, whoever else does so at the same time. */
export const addAtomically = (destination: Register, offset: number, source: Register): Instruction => ({
  opcode: 0xdb,
  destination,
  source,
  offset,
});

/** From network byte order. */
export const toHostOrder = (register: Register, bits: 16 | 32): Instruction => ({
  opcode: 0xdc,
  destination: register,
  immediate: bits,
});

/** Both halves of the instruction that takes a map by its file descriptor. */
export const loadMap = (destination: Register, fd: number): readonly Instruction[] => [
  { opcode: 0x18, destination, source: BPF_PSEUDO_MAP_FD, immediate: fd },
  { opcode: 0 },
];

/** Compares all 64 bits, without sign. */
export const jumpIf = (register: Register, comparison: Comparison, immediate: number, label: string): Instruction => ({
  opcode: 0x05 | comparisons[comparison],
  destination: register,
  immediate,
  label,
});

export const jumpIfBy = (register: Register, comparison: Comparison, source: Register, label: string): Instruction => ({
  opcode: 0x0d | comparisons[comparison],
  destination: register,
  source,
  label,
});

export const jump = (label: string): Instruction => ({ opcode: 0x05, label });

/** @param helper its number in `enum bpf_func_id` */
export const call = (helper: number): Instruction => ({ opcode: 0x85, immediate: helper });

export const exit: Instruction = { opcode: 0x95 };

/** The program in the kernel's form. @throws RangeError when a jump names a label that is not there */
export function assemble(lines: readonly Line[]): Buffer {
  const places = new Map<string, number>();
  const instructions: Instruction[] = [];
  for (const line of lines) {
    if (typeof line === "string") places.set(line, instructions.length);
    else instructions.push(line);
  }
  return Buffer.concat(instructions.map((instruction, at) => encode(instruction, offsetOf(instruction, at, places))));
}

function offsetOf({ offset = 0, label }: Instruction, at: number, places: ReadonlyMap<string, number>): number {
  if (label === undefined) return offset;
  const place = places.get(label);
  if (place === undefined) throw new RangeError(`no label ${label}`);
  return place - at - 1;
}

function encode({ opcode, destination = 0, source = 0, immediate = 0 }: Instruction, offset: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes[0] = opcode;
  bytes[1] = destination | (source << 4);
  bytes.writeInt16LE(offset, 2);
  bytes.writeInt32LE(immediate | 0, 4);
  return bytes;
}
