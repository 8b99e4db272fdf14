import { KernelError } from "./libc/errno.js";

/** The kernel said no. `error` names the operation and the errno: `add 198.51.100.10/24: EPERM`. */
export type Outcome = { readonly ok: true } | { readonly ok: false; readonly error: string };

export const done: Outcome = { ok: true };

export const refused = (error: string): Outcome => ({ ok: false, error });

/** Done when there is no complaint; otherwise all of them in one. */
export const outcomeOf = (errors: readonly string[]): Outcome =>
  errors.length === 0 ? done : refused(errors.join("; "));

/** Turns the kernel's refusals inside `operation` into an outcome; anything else thrown is our bug and passes. */
export function attempt(operation: () => Outcome): Outcome {
  try {
    return operation();
  } catch (error) {
    if (error instanceof KernelError) return refused(error.message);
    throw error;
  }
}
