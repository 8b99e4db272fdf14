import type { Outcome } from "@vipair/model";
import { KernelError } from "./libc/errno.js";

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
