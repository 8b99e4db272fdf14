import type { ElectionEvent, Heartbeat } from "@vipair/heartbeat";
import type { Role } from "@vipair/model";
import type { Random } from "../random.js";
import type { SimulatedProcess } from "./process.js";
import type { Replication } from "./replication.js";

/** What the balancer needs of its host. */
export interface BalancerHost {
  readonly random: Random;
  readonly process: SimulatedProcess;
  readonly replication: Replication;
  /** The peer link is up. */
  readonly linked: boolean;
  readonly isActive: boolean;
  /** What the agent last heard of the peer. */
  readonly peer: Heartbeat | undefined;
  inform(event: ElectionEvent): void;
  /** Connections that need not be carried, because the standby has them as they are. */
  confirmed(): Set<string>;
  /** Sends the connections that stray frames brought about or changed, past the stream. */
  carryStrays(carried: Set<string>): void;
}

export const signOfLifeEvery = 500;
const checkEvery = 100;
const channelMs = 1;
/** How long the preparation of a planned hand-over takes, beside the confirmation of all connections. */
export const preparationMs = 40;
/** When stray connections are carried, counted from the loss of ownership; all while stray frames linger. */
const strayRoundsMs = [5, 25, 105, 405];

/**
 * One lifetime of the daemon next to the agent: says that it lives and whether it is ready, replicates, and prepares
 * planned hand-overs.
 */
export class Balancer {
  readonly process: SimulatedProcess;
  readonly replication: Replication;
  readonly #host: BalancerHost;
  #started = false;
  #hasHealth = false;
  #isReady = false;
  /** One hand-over at a time, as in the daemon. */
  #isPreparing = false;
  /** Of the hand-over that is under way. */
  #carried: Set<string> | undefined;

  constructor(host: BalancerHost) {
    this.#host = host;
    this.process = host.process;
    this.replication = host.replication;
    this.#beat();
    this.#check();
    const { random } = host;
    this.process.later(random.between(20, 200), () => this.#start());
    this.process.later(random.between(200, 1_000), () => {
      this.#hasHealth = true;
    });
  }

  end(): void {
    if (!this.process.isAlive) return;
    this.replication.end();
    this.process.end();
  }

  /** The agent's process was started again, and must be told. */
  agentOpened(): void {
    this.#host.inform({ type: "readinessChanged", ready: this.#isReady });
    if (this.#started) this.#host.inform({ type: "started" });
  }

  agentDied(): void {
    this.#hear(() => this.replication.roleChanged("initialize", 0));
  }

  roleChanged(from: Role, to: Role, term: number): void {
    this.#hear(() => {
      this.replication.roleChanged(to, term);
      if (from === "active") this.#isReady = false;
      const carried = this.#carried;
      this.#carried = undefined;
      if (from !== "active" || carried === undefined) return;
      for (const delayMs of strayRoundsMs) this.process.later(delayMs, () => this.#host.carryStrays(carried));
    });
  }

  termSeen(term: number): void {
    this.#hear(() => this.replication.termSeen(term));
  }

  linkChanged(isOpen: boolean): void {
    this.process.enqueue(() => {
      if (isOpen) this.replication.linkOpened();
      else this.replication.linkClosed();
    });
  }

  prepareHandover(force: boolean): void {
    this.process.enqueue(() => {
      if (this.#isPreparing || (!force && !(this.#host.linked && this.#host.peer?.ready === true))) return;
      this.#isPreparing = true;
      this.process.later(preparationMs, () =>
        this.replication.flush((failure) => {
          this.#isPreparing = false;
          if (failure !== undefined && !force) return;
          this.#carried = this.#host.confirmed();
          this.#host.inform({ type: "handoverPrepared", force });
        }),
      );
    });
  }

  /** What the agent says takes a moment, and keeps its order. */
  #hear(understand: () => void): void {
    this.process.later(channelMs, understand);
  }

  #start(): void {
    this.#started = true;
    this.#host.inform({ type: "started" });
  }

  #beat(): void {
    this.#host.inform({ type: "balancerHeard" });
    this.process.later(signOfLifeEvery, () => this.#beat());
  }

  #check(): void {
    this.replication.tick();
    if (this.#host.isActive && this.#host.peer?.role === "backup") this.replication.undisputed();
    const isInStep = this.replication.missing === undefined;
    const isReady = this.#host.linked && this.#hasHealth && this.#started && isInStep;
    if (isReady !== this.#isReady) this.#host.inform({ type: "readinessChanged", ready: isReady });
    this.#isReady = isReady;
    this.process.later(checkEvery, () => this.#check());
  }
}
