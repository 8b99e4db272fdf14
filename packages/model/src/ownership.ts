import type { Millis } from "./duration.js";

/** The kernel said no. `error` names the operation and the errno: `add 198.51.100.10/24: EPERM`. */
export type Outcome = { readonly ok: true } | { readonly ok: false; readonly error: string };

/**
 * What owning the addresses means to a kernel. The real one is in `kernel`, a simulated one in `sim`; both pass the same
 * contract test. All calls are synchronous: none of them may wait on the takeover path.
 */
export interface Ownership {
  /** Puts the fence up and removes what an earlier run left behind; nothing is answered until the lease is renewed. */
  open(): Outcome;
  renewLease(ttl: Millis): Outcome;
  dropLease(linger: Millis): Outcome;
  addAddresses(validFor: Millis): Outcome;
  removeAddresses(): Outcome;
  announceAddresses(): Outcome;
  /** Addresses of ours that are configured now, as `198.51.100.10/24`. */
  heldAddresses(): readonly string[];
  /** Removes everything of ours: addresses, lease and fence. */
  close(): void;
}
