import { arch } from "node:process";
import { check, errno, KernelError } from "../libc/errno.js";
import { addressOf, libc } from "../libc/libc.js";

/** `enum bpf_cmd`. */
export const commands = {
  createMap: 0,
  lookup: 1,
  update: 2,
  remove: 3,
  loadProgram: 5,
  queryPrograms: 16,
  take: 21,
  lookupBatch: 24,
  takeBatch: 25,
  createLink: 28,
} as const;

/** `__NR_bpf`. */
const numbers: Partial<Record<typeof arch, number>> = { x64: 321, arm64: 280 };

/** The largest `union bpf_attr` that is needed here. */
const attributesLength = 144;

/** bpf(2). @param fill writes the attributes, all zero before @returns what the call returns, negative with an errno */
export function bpf(command: keyof typeof commands, fill: (attributes: Attributes) => void): number {
  const number = numbers[arch as keyof typeof numbers];
  if (number === undefined) throw new KernelError(`bpf(2) on ${arch}`, errno.ENOSYS);
  const attributes = new Attributes();
  fill(attributes);
  return libc.syscall(number, commands[command], attributes.bytes, attributes.bytes.length);
}

/** The same; a refusal is thrown. @throws KernelError */
export const checkedBpf = (
  command: keyof typeof commands,
  what: string,
  fill: (attributes: Attributes) => void,
): number => check(bpf(command, fill), what);

/** `union bpf_attr`. */
export class Attributes {
  readonly bytes = Buffer.alloc(attributesLength);
  /** Pointers are worth as much as what they point at is alive. */
  readonly pointees: Uint8Array[] = [];

  u32(at: number, value: number): this {
    this.bytes.writeUInt32LE(value, at);
    return this;
  }

  pointer(at: number, to: Uint8Array): this {
    this.pointees.push(to);
    this.bytes.writeBigUInt64LE(addressOf(to), at);
    return this;
  }

  /** Up to 15 letters. */
  name(at: number, name: string): this {
    this.bytes.write(name.slice(0, 15), at, "latin1");
    return this;
  }
}
