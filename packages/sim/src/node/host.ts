import type {
  ElectionConfig,
  ElectionEffect,
  ElectionEvent,
  Heartbeat,
  NodeIndex,
  SessionHeader,
  stepElection,
} from "@vipair/heartbeat";
import type { Instant } from "@vipair/model";
import type { KernelCall, SimulatedKernel, SimulatedOwnership } from "../kernel/ownership.js";
import type { Random } from "../random.js";
import { Agent, type AgentHost, type AgentInput } from "./agent.js";
import { Balancer } from "./balancer.js";
import type { HostClock } from "./clock.js";

/** What a host needs of the world around it. */
export interface HostWorld {
  readonly random: Random;
  now(): number;
  plan(delayMs: number, happen: () => void): void;
  transmit(header: SessionHeader, heartbeat: Heartbeat): void;
  closeLifeline(from: NodeIndex): void;
  retransmit(): void;
  observe(host: Host, effect: ElectionEffect): void;
}

export interface HostParts {
  readonly index: NodeIndex;
  readonly config: ElectionConfig;
  readonly clock: HostClock;
  readonly step: typeof stepElection;
  readonly openOwnership: (kernel: SimulatedKernel) => SimulatedOwnership;
}

const addresses = ["198.51.100.10/24", "10.77.2.254/24"];

/** One load balancer: a kernel that goes on when processes stop, an agent and a balancer that come and go. */
export class Host implements AgentHost {
  readonly index: NodeIndex;
  readonly config: ElectionConfig;
  readonly step: typeof stepElection;
  readonly ownership: SimulatedOwnership;
  readonly random: Random;
  readonly #world: HostWorld;
  readonly #clock: HostClock;
  readonly #refusals: KernelCall[] = [];
  /** Tracks that are failed now: a restarted agent looks at them first. */
  readonly #failedTracks = new Set<string>();
  agent: Agent | undefined;
  #balancer: Balancer | undefined;
  #maintenance = false;
  #stalledUntil = 0;
  #suspendedUntil = 0;

  constructor(world: HostWorld, parts: HostParts) {
    this.#world = world;
    this.random = world.random;
    this.index = parts.index;
    this.config = parts.config;
    this.step = parts.step;
    this.#clock = parts.clock;
    this.ownership = parts.openOwnership({
      addresses,
      clock: () => this.#clock.monotonic(),
      refusal: (call) => (this.#refusals.includes(call) ? "ENOBUFS" : undefined),
    });
  }

  /** The client interface has its carrier. */
  get linkUp(): boolean {
    return !this.#failedTracks.has("interface client");
  }

  get suspended(): boolean {
    return this.#world.now() < this.#suspendedUntil;
  }

  /** Answers for the addresses, where somebody can ask. */
  get owns(): boolean {
    return !this.suspended && this.linkUp && this.ownership.answers();
  }

  bootTime(): Instant {
    return this.#clock.bootTime();
  }

  isRunning(): boolean {
    return this.agent !== undefined && this.#world.now() >= this.#stalledUntil && !this.suspended;
  }

  planWake(instant: Instant, wake: () => void): void {
    this.#world.plan(this.#clock.trueTimeOf(instant) - this.#world.now(), wake);
  }

  transmit(header: SessionHeader, heartbeat: Heartbeat): void {
    this.#world.transmit(header, heartbeat);
  }

  observe(agent: Agent, effect: ElectionEffect): void {
    if (agent !== this.agent) return;
    this.#world.observe(this, effect);
    if (effect.type === "requestHandover") this.#balancer?.prepareHandover(false);
    if (effect.type === "exit") this.crash();
  }

  /** Starts agent and balancer; the rules are in the kernel a moment later, the connections after that. */
  start(): void {
    if (this.agent !== undefined) return;
    if (this.suspended) return this.#world.plan(this.#suspendedUntil - this.#world.now(), () => this.start());
    const agent = new Agent(this);
    this.agent = agent;
    const inform = (event: ElectionEvent): void => {
      if (this.agent === agent) agent.receive({ type: "event", event });
    };
    for (const track of this.#failedTracks) inform({ type: "trackChanged", track, ok: false });
    inform({ type: "maintenanceChanged", on: this.#maintenance });
    this.#balancer = new Balancer({
      plan: (delayMs, happen) => this.#world.plan(delayMs, happen),
      isSuspended: () => this.suspended,
      inform,
    });
    this.#world.plan(this.random.between(20, 200), () => inform({ type: "started" }));
    this.#world.plan(this.random.between(200, 1_000), () => inform({ type: "readinessChanged", ready: true }));
  }

  /** Both processes end at once. */
  crash(): void {
    if (this.agent === undefined) return;
    this.agent.end();
    this.agent = undefined;
    this.#balancer?.end();
    this.#stalledUntil = 0;
    this.ownership.endProcess();
    this.#world.closeLifeline(this.index);
  }

  /** The agent's process is stopped; its kernel goes on. */
  stall(durationMs: number): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, this.#world.now() + durationMs);
    this.#world.plan(durationMs, () => this.#continue());
  }

  /** The whole host sleeps, and its processes need a moment to run again. */
  suspend(durationMs: number): void {
    this.#suspendedUntil = Math.max(this.#suspendedUntil, this.#world.now() + durationMs);
    this.#clock.suspend();
    if (this.agent !== undefined) this.agent.hasRunSinceResume = false;
    this.#world.plan(durationMs, () => this.#resume());
  }

  setTrack(track: string, ok: boolean): void {
    if (ok) this.#failedTracks.delete(track);
    else this.#failedTracks.add(track);
    this.inform({ type: "trackChanged", track, ok });
  }

  setMaintenance(on: boolean): void {
    this.#maintenance = on;
    this.inform({ type: "maintenanceChanged", on });
  }

  refuse(call: KernelCall): void {
    this.#refusals.push(call);
  }

  accept(call: KernelCall): void {
    this.#refusals.splice(this.#refusals.indexOf(call), 1);
  }

  hangBalancer(durationMs: number): void {
    const balancer = this.#balancer;
    balancer?.hang();
    this.#world.plan(durationMs, () => balancer?.recover());
  }

  killBalancer(): void {
    this.#balancer?.end();
    this.inform({ type: "balancerClosed" });
  }

  requestHandover(force: boolean): void {
    this.#balancer?.prepareHandover(force);
  }

  inform(event: ElectionEvent): void {
    this.receive({ type: "event", event });
  }

  receive(input: AgentInput): void {
    this.agent?.receive(input);
  }

  #continue(): void {
    if (this.isRunning()) this.agent?.run();
  }

  #resume(): void {
    if (this.suspended) return;
    this.#clock.resume();
    this.#world.retransmit();
    const latencyMs = this.random.between(0, 5);
    this.#stalledUntil = Math.max(this.#stalledUntil, this.#world.now() + latencyMs);
    this.#world.plan(latencyMs, () => this.#continue());
  }
}
