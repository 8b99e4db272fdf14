import type { SimulatedConntrack } from "../kernel/conntrack.js";
import type { Random } from "../random.js";

/** A host as clients see it: packets pass through it, or they do not. */
export interface Gateway {
  readonly conntrack: SimulatedConntrack;
  readonly passesTraffic: boolean;
  readonly agent: { readonly state: { readonly role: string } } | undefined;
}

export interface ClientsWorld {
  readonly random: Random;
  readonly hosts: readonly [Gateway, Gateway];
  now(): number;
  plan(delayMs: number, happen: () => void): void;
}

/** What ended right after a hand-over, the former owner may still carry over as one that lives. */
const handoverMs = 1_000;
/** How long a neighbour may go on sending to the host that had the addresses before. */
const longestStaleMs = 900;
const retryMs = 300;

/**
 * Clients open and close connections through whichever host they take for the owner of the addresses. A connection is the
 * clients' affair first: what the kernels hold of it is what the packets that passed brought about.
 */
export class Clients {
  /** Connections that clients have, and want to have. */
  readonly open = new Set<number>();
  /**
   * Connections that are over, while a kernel that may be right in the end knows nothing of it: it took over with them, or
   * was active too, or was never asked; or the former owner may still carry them over.
   */
  readonly orphans = new Set<number>();
  /** How many tuples there were: they are numbered from 0. */
  tuples = 0;
  readonly #world: ClientsWorld;
  readonly #perSecond: number;
  readonly #free: number[] = [];
  #gateway: Gateway | undefined;
  #takenOverAt = Number.NEGATIVE_INFINITY;
  #isQuiet = false;

  constructor(world: ClientsWorld) {
    this.#world = world;
    this.#perSecond = world.random.pick([0.5, 3, 10]);
    this.#arrive();
  }

  /** No connection is opened any more, and none is closed but those whose end has begun. */
  rest(): void {
    this.#isQuiet = true;
  }

  /** Where they send. */
  get gateway(): Gateway | undefined {
    return this.#gateway;
  }

  /** A host announces the addresses as its own. */
  learn(host: Gateway): void {
    const { random } = this.#world;
    if (this.#gateway === undefined || !random.chance(0.3)) this.#gateway = host;
    else this.#world.plan(random.between(1, longestStaleMs), () => this.#turnTo(host));
  }

  /** A host becomes active, and takes for alive what it holds. */
  takenOver(host: Gateway): void {
    this.#takenOverAt = this.#world.now();
    for (const tuple of host.conntrack.entries.keys()) if (!this.open.has(tuple)) this.orphans.add(tuple);
  }

  /** Many at once. */
  burst(count: number): void {
    for (let i = 0; i < count; i++) this.#establish();
  }

  #arrive(): void {
    const { random } = this.#world;
    this.#world.plan((random.between(0.1, 2) * 1_000) / this.#perSecond, () => {
      if (this.#isQuiet) return;
      this.#establish();
      this.#arrive();
    });
  }

  #turnTo(host: Gateway): void {
    if (host.passesTraffic) this.#gateway = host;
  }

  #establish(): void {
    const host = this.#gateway;
    if (host?.passesTraffic !== true || this.#isQuiet) return;
    const { random } = this.#world;
    const reused = random.chance(0.3) ? this.#free.shift() : undefined;
    const tuple = reused ?? this.tuples++;
    if (!host.conntrack.establish(tuple)) return void this.#free.push(tuple);
    this.open.add(tuple);
    this.orphans.delete(tuple);
    this.#world.plan(random.between(10, random.pick([500, 5_000, 120_000])), () => {
      if (!this.#isQuiet) this.#close(tuple);
    });
  }

  /** Tries until a packet gets through, or the connection turns out to be lost. */
  #close(tuple: number): void {
    const host = this.#gateway;
    if (host?.passesTraffic !== true) return this.#world.plan(retryMs, () => this.#close(tuple));
    const { random, hosts } = this.#world;
    this.open.delete(tuple);
    this.#free.push(tuple);
    const isKnown = host.conntrack.entries.has(tuple);
    const othersAreActive = hosts.some((other) => other !== host && other.agent?.state.role === "active");
    const isFresh = this.#world.now() - this.#takenOverAt < handoverMs;
    if (!isKnown || isFresh || othersAreActive || host.agent?.state.role !== "active") this.orphans.add(tuple);
    host.conntrack.close(tuple, random.pick([1, 2, 8]));
  }
}
