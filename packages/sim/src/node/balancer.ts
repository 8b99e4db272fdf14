import type { ElectionEvent } from "@vipair/heartbeat";

/** What the balancer needs of its host. */
export interface BalancerHost {
  plan(delayMs: number, happen: () => void): void;
  /** Whether the host is suspended: nothing runs on it. */
  isSuspended(): boolean;
  inform(event: ElectionEvent): void;
}

export const signOfLifeEvery = 500;
/** How long the preparation of a planned hand-over takes. */
export const preparationMs = 40;

/** One lifetime of the daemon next to the agent: says that it lives, and prepares planned hand-overs. */
export class Balancer {
  readonly #host: BalancerHost;
  #alive = true;
  #hangs = 0;

  constructor(host: BalancerHost) {
    this.#host = host;
    this.#beat();
  }

  end(): void {
    this.#alive = false;
  }

  hang(): void {
    this.#hangs += 1;
  }

  recover(): void {
    this.#hangs -= 1;
  }

  prepareHandover(force: boolean): void {
    this.#host.plan(preparationMs, () => {
      if (this.#isRunning()) this.#host.inform({ type: "handoverPrepared", force });
    });
  }

  #beat(): void {
    if (!this.#alive) return;
    if (this.#isRunning()) this.#host.inform({ type: "balancerHeard" });
    this.#host.plan(signOfLifeEvery, () => this.#beat());
  }

  #isRunning(): boolean {
    return this.#alive && this.#hangs === 0 && !this.#host.isSuspended();
  }
}
