import { type Instant, instantOf, millisOf, parseAddress, type RoleReason } from "@vipair/model";
import { pair } from "../../election/rehearsal.js";
import { type NodeConfig, nodeConfig } from "../../node/config.js";
import { nextRouterDeadline } from "./deadline.js";
import type { RouterEffect } from "./effect.js";
import type { AdvertReceived, RouterEvent } from "./event.js";
import { initialRouter, type RouterState } from "./state.js";
import { stepRouter } from "./step.js";

const address = (text: string) => parseAddress(text) ?? { family: 4 as const, text };

/** One node on a test's stage: steps its virtual router, keeps the time, and grants every lease unless told otherwise. */
export class RouterRehearsal {
  readonly config: NodeConfig;
  state: RouterState;
  now: Instant = instantOf(10_000);
  /** Effects of the last step, outcomes included. */
  effects: readonly RouterEffect[] = [];
  grantsLeases = true;

  constructor(changes: Partial<NodeConfig> = {}) {
    this.config = { ...nodeConfig(pair, "lb1"), ...changes };
    this.state = initialRouter(this.config);
  }

  /** A node that has started and is ready. */
  static backup(changes: Partial<NodeConfig> = {}): RouterRehearsal {
    const node = new RouterRehearsal(changes);
    node.step({ type: "started" });
    node.step({ type: "readinessChanged", ready: true });
    return node;
  }

  /** A node that took over because nobody was there. */
  static active(changes: Partial<NodeConfig> = {}): RouterRehearsal {
    const node = RouterRehearsal.backup(changes);
    node.idle(downInterval(node));
    return node;
  }

  step(event: RouterEvent): this {
    const { state, effects } = stepRouter(this.config, this.state, event, this.now);
    this.state = state;
    this.effects = effects;
    const renewed = this.grantsLeases && effects.some((effect) => effect.type === "renewLease");
    if (renewed && state.role === "active") {
      const outcome = stepRouter(this.config, state, { type: "leaseRenewed" }, this.now);
      this.state = outcome.state;
      this.effects = [...effects, ...outcome.effects];
    }
    return this;
  }

  hear(advert: Partial<AdvertReceived>): this {
    return this.step({ ...anyAdvert, ...advert });
  }

  /** Lets time pass, with a balancer that is there; every deadline is met. Ends with the effects of all. */
  idle(ms: number, { balancer = true } = {}): this {
    const end = instantOf(this.now + ms);
    const all: RouterEffect[] = [];
    for (let due = this.#due(end); due !== undefined; due = this.#due(end)) {
      this.now = instantOf(Math.max(due, this.now));
      if (balancer) all.push(...this.step({ type: "balancerHeard" }).effects);
      all.push(...this.step({ type: "deadlineReached" }).effects);
    }
    this.now = end;
    this.effects = all;
    return this;
  }

  /** The node gets no processor for this long; nothing is stepped. */
  stall(ms: number): this {
    this.now = instantOf(this.now + ms);
    return this;
  }

  get types(): readonly RouterEffect["type"][] {
    return this.effects.map((effect) => effect.type);
  }

  /** Priorities of the advertisements that were sent. */
  get sent(): readonly number[] {
    return this.effects.flatMap((effect) => (effect.type === "sendAdvertisement" ? [effect.priority] : []));
  }

  get reasons(): readonly RoleReason[] {
    return this.effects.flatMap((effect) => (effect.type === "reportRole" ? [effect.reason] : []));
  }

  #due(end: Instant): Instant | undefined {
    const due = nextRouterDeadline(this.state);
    return due !== undefined && due <= end ? due : undefined;
  }
}

/** An advertisement of a router that is this one's equal, from the lower address. */
export const anyAdvert: AdvertReceived = {
  type: "advertReceived",
  link: 0,
  priority: 100,
  interval: millisOf(100),
  sender: address("198.51.100.2"),
  local: address("198.51.100.3"),
};

/** Active_Down_Interval: 3 × 100 ms + (256 − 100) × 100 ms / 256. */
export const downInterval = (node: RouterRehearsal): number => 3 * 100 + ((256 - node.config.priority) * 100) / 256;
