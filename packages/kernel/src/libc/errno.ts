import { constants } from "node:os";
import koffi from "koffi";

const names = new Map<number, string>(Object.entries(constants.errno).map(([name, code]) => [code, name]));
// Linux gives this number two names; netlink speaks of operations.
names.set(95, "EOPNOTSUPP");

export const errno = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  ENXIO: 6,
  EAGAIN: 11,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  ENOSYS: 38,
  EOPNOTSUPP: 95,
  EADDRNOTAVAIL: 99,
  ENOBUFS: 105,
} as const;

/** The number the last call through the C library left behind on this thread. */
export const lastErrno = (): number => koffi.errno();

/** `EPERM` for 1; the number itself when it has no name here. */
export const errnoName = (code: number): string => names.get(code) ?? `errno ${code}`;

/** A call that the kernel refused: an outcome for the caller to report, not a bug. */
export class KernelError extends Error {
  constructor(
    /** What was tried: `bind netlink socket`. */
    readonly operation: string,
    readonly code: number,
    detail = "",
  ) {
    super(`${operation}: ${errnoName(code)}${detail === "" ? "" : ` (${detail})`}`);
    this.name = "KernelError";
  }
}

/** The result of a call, or {@link KernelError} when it is negative. */
export function check(result: number, operation: string): number {
  if (result < 0) throw new KernelError(operation, lastErrno());
  return result;
}

/** Whether the kernel refused something, which is to be told, and not a bug. */
export const isKernelError = (error: unknown): error is Error => error instanceof Error && error.name === "KernelError";
