import { type Instant, instantOf, millisOf, type Pair, parseAddress, type RoleReason } from "@vipair/model";
import type { Heartbeat } from "../heartbeat.js";
import { type ElectionConfig, electionConfig } from "./config.js";
import { nextDeadline } from "./deadline.js";
import type { ElectionEffect } from "./effect.js";
import type { ElectionEvent } from "./event.js";
import { type ElectionState, initialElection } from "./state.js";
import { stepElection } from "./step.js";
import { firstWordRepeat } from "./timing.js";

/** One node on a test's stage: steps its election, keeps the time, and grants every lease unless told otherwise. */
export class Rehearsal {
  readonly config: ElectionConfig;
  state: ElectionState;
  now: Instant = instantOf(10_000);
  /** Effects of the last step, outcomes included. */
  effects: readonly ElectionEffect[] = [];
  grantsLeases = true;

  constructor(changes: Partial<ElectionConfig> = {}) {
    this.config = { ...electionConfig(pair, "lb1"), ...changes };
    this.state = initialElection(this.config, this.now);
  }

  /** A node that has started and is ready. */
  static backup(changes: Partial<ElectionConfig> = {}): Rehearsal {
    const node = new Rehearsal(changes);
    node.step({ type: "started" });
    node.step({ type: "readinessChanged", ready: true });
    return node;
  }

  /** A node that took over because nobody was there, has said so twice, and hears a fit standby. */
  static active(changes: Partial<ElectionConfig> = {}): Rehearsal {
    const node = Rehearsal.backup(changes);
    node.idle(activeDown(node) + firstWordRepeat(node.config));
    node.hear({});
    return node;
  }

  step(event: ElectionEvent): this {
    const { state, effects } = stepElection(this.config, this.state, event, this.now);
    this.state = state;
    this.effects = effects;
    const renewed = this.grantsLeases && effects.some((effect) => effect.type === "renewLease");
    if (renewed && state.role === "active") {
      const outcome = stepElection(this.config, state, { type: "leaseRenewed" }, this.now);
      this.state = outcome.state;
      this.effects = [...effects, ...outcome.effects];
    }
    return this;
  }

  hear(heartbeat: Partial<Heartbeat>): this {
    return this.step({ type: "heartbeatReceived", heartbeat: { ...standby, ...heartbeat } });
  }

  /** Lets time pass, with a balancer that is there; every deadline is met. Ends with the effects of all. */
  idle(ms: number, { balancer = true } = {}): this {
    const end = instantOf(this.now + ms);
    const all: ElectionEffect[] = [];
    for (let due = nextDeadline(this.state); due !== undefined && due <= end; due = nextDeadline(this.state)) {
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

  get types(): readonly ElectionEffect["type"][] {
    return this.effects.map((effect) => effect.type);
  }

  get sent(): readonly Heartbeat[] {
    return this.effects.flatMap((effect) => (effect.type === "sendHeartbeat" ? [effect.heartbeat] : []));
  }

  get reasons(): readonly RoleReason[] {
    return this.effects.flatMap((effect) => (effect.type === "reportRole" ? [effect.reason] : []));
  }
}

/** 3 × 100 ms + ⅞ × (256 − 100) × 100 ms / 256, and 100 ms / 8 for the node that ranks second. */
export const activeDown = ({ config }: Rehearsal): number =>
  3 * 100 + ((7 / 8) * ((256 - config.priority) * 100)) / 256 + (config.ranksSecond ? 100 / 8 : 0);

/** A healthy standby that hears this node. */
export const standby: Heartbeat = {
  role: "backup",
  priority: 100,
  term: 0,
  interval: millisOf(100),
  resigning: false,
  planned: false,
  eligible: true,
  ready: true,
  maintenance: false,
  hearing: true,
  claiming: false,
  reach: undefined,
};

const address = (text: string) => parseAddress(text) ?? { family: 4 as const, text };

const sampled = { interval: millisOf(1_000), rise: 2, fall: 3 };

export const pair: Pair = {
  name: "test",
  secretFile: "/nonexistent",
  nodes: [
    { name: "lb1", address: address("192.0.2.1"), priority: 100 },
    { name: "lb2", address: address("192.0.2.2"), priority: 100 },
  ],
  heartbeat: {
    transport: "udp",
    routerId: 51,
    interval: millisOf(100),
    interfaces: ["eth0"],
    unicast: false,
    checksum: "pseudoHeader",
  },
  preempt: false,
  preemptDelay: millisOf(0),
  reachDelay: millisOf(2_000),
  witness: [],
  sync: { port: 7340 },
  track: [
    { kind: "interface", interface: "eth0", weight: undefined },
    { kind: "gateway", gateway: address("198.51.100.1"), interface: "eth0", ...sampled, weight: 60 },
    { kind: "script", script: "/bin/check", ...sampled, weight: undefined },
  ],
};
