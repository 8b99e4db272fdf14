import type { Outcome, Ownership } from "@vipair/model";
import { after, type Instant, instantOf, type Millis } from "@vipair/model";

/** A kernel call that may be refused. */
export type KernelCall = "lease" | "addresses";

export interface SimulatedKernel {
  /** The addresses of the pair, as `198.51.100.10/24`. */
  readonly addresses: readonly string[];
  /** The kernel's own clock: it runs while processes are stopped, and stands still while the host is suspended. */
  readonly clock: () => Instant;
  /** The errno with which a call is refused now, if it is. */
  readonly refusal?: (call: KernelCall) => string | undefined;
  readonly announced?: (address: string) => void;
}

/**
 * Ownership in a kernel of values. As in the real one, the fence outlives the process, the lease ends with the process
 * or its time, and an address ends with its valid lifetime; an address answers only while the fence lets it.
 */
export class SimulatedOwnership implements Ownership {
  readonly #kernel: SimulatedKernel;
  readonly #validUntil = new Map<string, Instant>();
  #fenced = false;
  #answersUntil: Instant | undefined;
  #passesUntil: Instant | undefined;

  constructor(kernel: SimulatedKernel) {
    this.#kernel = kernel;
  }

  open(): Outcome {
    this.#fenced = true;
    this.endProcess();
    this.#validUntil.clear();
    return { ok: true };
  }

  renewLease(ttl: Millis): Outcome {
    const errno = this.#kernel.refusal?.("lease");
    if (errno !== undefined) return { ok: false, error: `renew lease: ${errno}` };
    this.#answersUntil = after(this.#kernel.clock(), ttl);
    this.#passesUntil = this.#answersUntil;
    return { ok: true };
  }

  dropLease(linger: Millis): Outcome {
    this.#answersUntil = undefined;
    this.#passesUntil = linger > 0 ? after(this.#kernel.clock(), linger) : undefined;
    return { ok: true };
  }

  addAddresses(validFor: Millis): Outcome {
    const errno = this.#kernel.refusal?.("addresses");
    for (const address of this.#kernel.addresses) {
      if (errno !== undefined) return { ok: false, error: `add ${address}: ${errno}` };
      this.#validUntil.set(address, after(this.#kernel.clock(), validFor));
    }
    return { ok: true };
  }

  removeAddresses(): Outcome {
    this.#validUntil.clear();
    return { ok: true };
  }

  announceAddresses(): Outcome {
    for (const address of this.heldAddresses()) this.#kernel.announced?.(address);
    return { ok: true };
  }

  heldAddresses(): readonly string[] {
    const now = this.#kernel.clock();
    return this.#kernel.addresses.filter((address) => (this.#validUntil.get(address) ?? now) > now);
  }

  close(): void {
    this.endProcess();
    this.#validUntil.clear();
    this.#fenced = false;
  }

  /** Ends the process that owns the lease: the kernel ends the lease with it. Addresses and fence stay. */
  endProcess(): void {
    this.#answersUntil = undefined;
    this.#passesUntil = undefined;
  }

  /** Somebody else removes an address. */
  loseAddress(address: string): void {
    this.#validUntil.delete(address);
  }

  /** Whether the kernel answers ARP requests and neighbour solicitations for any of the addresses. */
  answers(): boolean {
    if (this.#validUntil.size === 0) return false;
    if (this.#fenced && !this.#lives(this.#answersUntil)) return false;
    const now = this.#kernel.clock();
    for (const until of this.#validUntil.values()) if (until > now) return true;
    return false;
  }

  /** Whether traffic for the addresses passes: while answers do, and for the linger after a planned hand-over. */
  passesTraffic(): boolean {
    return !this.#fenced || this.#lives(this.#passesUntil);
  }

  #lives(until: Instant | undefined): boolean {
    return this.#kernel.clock() < (until ?? instantOf(Number.NEGATIVE_INFINITY));
  }
}
