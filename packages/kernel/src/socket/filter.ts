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

/** `struct sock_filter`: the jumps count instructions after the next one. */
export function instruction(code: number, operand: number, jumpTrue = 0, jumpFalse = 0): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes[2] = jumpTrue;
  bytes[3] = jumpFalse;
  bytes.writeUInt32LE(operand >>> 0, 4);
  return bytes;
}
