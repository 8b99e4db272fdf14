import { check } from "../libc/errno.js";
import { addressOf, libc } from "../libc/libc.js";

const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;

/** Lets the kernel keep from the socket what the classic BPF program leaves out. @throws KernelError */
export function attachFilter(socket: number, filter: Uint8Array): void {
  // `struct sock_fprog`.
  const program = Buffer.alloc(16);
  program.writeUInt16LE(filter.length / 8, 0);
  program.writeBigUInt64LE(addressOf(filter), 8);
  check(libc.setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, program, program.length), "attach socket filter");
}

/** Loads into the accumulator, in network byte order. */
export const load8 = (at: number): Buffer => instruction(0x30, at);
export const load16 = (at: number): Buffer => instruction(0x28, at);
export const load32 = (at: number): Buffer => instruction(0x20, at);
/** The next instruction if equal; if not, `count` are left out. */
export const skipUnless = (value: number, count: number): Buffer => instruction(0x15, value, 0, count);
export const keep = instruction(0x06, 0xffff_ffff);
export const drop = instruction(0x06, 0);
export const dropUnless = (value: number): Buffer[] => [instruction(0x15, value, 1, 0), drop];

/** `struct sock_filter`: the jumps count instructions after the next one. */
export function instruction(code: number, operand: number, jumpTrue = 0, jumpFalse = 0): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes[2] = jumpTrue;
  bytes[3] = jumpFalse;
  bytes.writeUInt32LE(operand >>> 0, 4);
  return bytes;
}
