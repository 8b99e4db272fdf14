import { errno, KernelError, lastErrno } from "../libc/errno.js";
import { bpf } from "./call.js";
import { assemble, type Line } from "./instruction.js";

/** BPF_PROG_TYPE_SCHED_CLS. */
const classifier = 3;
const license = Buffer.from("Dual MIT/GPL\0");
const logLength = 1 << 20;
const mostAttempts = 10;

/**
 * Loads a program that looks at the packets of an interface ({@link attachIngress}).
 * @returns its file descriptor
 * @throws KernelError with the last words of the verifier, when that does not accept it
 */
export function loadClassifier(name: string, lines: readonly Line[]): number {
  const instructions = assemble(lines);
  const load = (log: Uint8Array | undefined): number =>
    bpf("loadProgram", (attributes) => {
      attributes
        .u32(0, classifier)
        .u32(4, instructions.length / 8)
        .pointer(8, instructions)
        .pointer(16, license)
        .name(48, name);
      if (log !== undefined) attributes.u32(24, 1).u32(28, log.length).pointer(32, log);
    });
  let code = 0;
  // A signal interrupts the verifier; it has been delivered when the call returns.
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const fd = load(undefined);
    if (fd >= 0) return fd;
    code = lastErrno();
    if (code !== errno.EAGAIN) break;
  }
  // The verifier explains itself only when it is asked.
  const log = Buffer.alloc(logLength);
  load(log);
  throw new KernelError(`load BPF program ${name}`, code, lastWords(log));
}

function lastWords(log: Buffer): string {
  const text = log.toString("latin1", 0, log.indexOf(0)).trim();
  return text.split("\n").slice(-4).join(" | ");
}
