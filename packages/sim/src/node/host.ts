import type {
  ElectionConfig,
  ElectionEffect,
  ElectionEvent,
  ElectionState,
  Heartbeat,
  NodeIndex,
  SessionHeader,
  stepElection,
} from "@vipair/heartbeat";
import { type Instant, millisOf } from "@vipair/model";
import { SimulatedConntrack } from "../kernel/conntrack.js";
import type { KernelCall, SimulatedKernel, SimulatedOwnership } from "../kernel/ownership.js";
import type { Insertion } from "../kernel/record.js";
import type { PeerLink, PeerMessage } from "../network/peer-link.js";
import type { Random } from "../random.js";
import { serverLagMs } from "../world/config.js";
import { Agent, type AgentHost, type AgentInput } from "./agent.js";
import type { Balancer } from "./balancer.js";
import type { HostClock } from "./clock.js";
import { type DaemonHost, openDaemon } from "./daemon.js";
import type { Machines } from "./machines.js";
import type { Replication, ReplicationNews, Traits } from "./replication.js";

/** What a host needs of the world around it. */
export interface HostWorld {
  readonly random: Random;
  readonly peerLink: PeerLink;
  now(): number;
  plan(delayMs: number, happen: () => void): void;
  transmit(header: SessionHeader, heartbeat: Heartbeat): void;
  closeLifeline(from: NodeIndex): void;
  loseLifeline(from: NodeIndex): void;
  renewLifeline(from: NodeIndex): void;
  retransmit(): void;
  observe(host: Host, effect: ElectionEffect): void;
  /** The clients learned that this host has the addresses. */
  announced(host: Host): void;
  /** The entry of this tuple changed in this host's kernel. */
  connectionChanged(tuple: number): void;
  tell(host: Host, news: ReplicationNews): void;
}

export interface HostParts {
  readonly index: NodeIndex;
  readonly config: ElectionConfig;
  readonly clock: HostClock;
  readonly step: typeof stepElection;
  readonly openOwnership: (kernel: SimulatedKernel) => SimulatedOwnership;
  readonly machines: Machines;
  readonly traits: Traits;
}

const addresses = ["198.51.100.10/24", "10.77.2.254/24"];

/** One load balancer: a kernel that goes on when processes stop, an agent and a balancer that come and go. */
export class Host implements AgentHost, DaemonHost {
  readonly index: NodeIndex;
  readonly config: ElectionConfig;
  readonly step: typeof stepElection;
  readonly ownership: SimulatedOwnership;
  readonly conntrack: SimulatedConntrack;
  readonly random: Random;
  readonly #world: HostWorld;
  readonly #parts: HostParts;
  readonly #refusals: KernelCall[] = [];
  /** Tracks that are failed now: a restarted agent looks at them first. */
  readonly #failedTracks = new Set<string>();
  agent: Agent | undefined;
  balancer: Balancer | undefined;
  /** Of 1000 real servers those that are up, as each fault in force leaves them: the worst one holds. */
  readonly serverCounts: number[] = [];
  /** Faults in force that keep the witness's answer from this node. */
  unwitnessed = 0;
  /** Faults in force that make the kernel lose events. */
  overruns = 0;
  #powered = true;
  #maintenance = false;
  #stalledUntil = 0;
  #suspendedUntil = 0;
  #termTold = 0;
  #roleSince = 0;

  constructor(world: HostWorld, parts: HostParts) {
    this.#world = world;
    this.#parts = parts;
    this.random = world.random;
    this.index = parts.index;
    this.config = parts.config;
    this.step = parts.step;
    this.ownership = parts.openOwnership({
      addresses,
      clock: () => parts.clock.monotonic(),
      refusal: (call) => (this.#refusals.includes(call) ? "ENOBUFS" : undefined),
      announced: () => world.announced(this),
    });
    this.conntrack = new SimulatedConntrack(this);
  }

  connectionChanged(tuple: number): void {
    this.#world.connectionChanged(tuple);
  }

  /** The client interface has its carrier. */
  get linkUp(): boolean {
    return !this.#failedTracks.has("interface client");
  }

  get suspended(): boolean {
    return this.#world.now() < this.#suspendedUntil;
  }

  /** The kernel runs. */
  get isUp(): boolean {
    return this.#powered && !this.suspended;
  }

  /** Answers for the addresses, where somebody can ask. */
  get owns(): boolean {
    return this.isUp && this.linkUp && this.ownership.answers();
  }

  /** Passes what comes for the addresses. */
  get passesTraffic(): boolean {
    return this.isUp && this.linkUp && this.ownership.passesTraffic();
  }

  get machines(): Machines {
    return this.#parts.machines;
  }

  get traits(): Traits {
    return this.#parts.traits;
  }

  get peerLink(): PeerLink {
    return this.#world.peerLink;
  }

  get overrun(): boolean {
    return this.overruns > 0;
  }

  get election(): ElectionState | undefined {
    return this.agent?.state;
  }

  get replication(): Replication | undefined {
    return this.balancer?.process.isAlive === true ? this.balancer.replication : undefined;
  }

  now(): number {
    return this.#world.now();
  }

  plan(delayMs: number, happen: () => void): void {
    this.#world.plan(delayMs, happen);
  }

  tell(news: ReplicationNews): void {
    this.#world.tell(this, news);
  }

  bootTime(): Instant {
    return this.#parts.clock.bootTime();
  }

  isRunning(): boolean {
    return this.agent !== undefined && this.#world.now() >= this.#stalledUntil && !this.suspended;
  }

  planWake(instant: Instant, wake: () => void): void {
    this.#world.plan(this.#parts.clock.trueTimeOf(instant) - this.#world.now(), wake);
  }

  transmit(header: SessionHeader, heartbeat: Heartbeat): void {
    this.#world.transmit(header, heartbeat);
  }

  renewLifeline(): void {
    this.#world.renewLifeline(this.index);
  }

  askWitness(): void {
    this.#world.plan(this.random.between(0.2, 5), () => {
      if (this.linkUp && this.unwitnessed === 0) this.inform({ type: "witnessReached" });
    });
  }

  observe(agent: Agent, effect: ElectionEffect): void {
    if (agent !== this.agent) return;
    this.#world.observe(this, effect);
    if (effect.type === "requestHandover") this.balancer?.prepareHandover(false);
    if (effect.type === "reportRole") this.#roleSince = this.#world.now();
    if (effect.type === "reportRole") this.balancer?.roleChanged(effect.from, effect.to, effect.term);
    if (effect.type === "sendHeartbeat") this.#tellTerm(effect.heartbeat.term);
    if (effect.type === "exit") this.crash();
  }

  /** Starts agent and balancer; the rules are in the kernel a moment later, the connections after that. */
  start(): void {
    if (this.agent !== undefined || this.replication !== undefined) return;
    if (this.suspended) return this.#world.plan(this.#suspendedUntil - this.#world.now(), () => this.start());
    this.#powered = true;
    this.#openAgent();
    this.balancer = openDaemon(this);
    this.#world.retransmit();
  }

  /** Both processes end at once. */
  crash(): void {
    this.#endAgent();
    this.#endBalancer();
  }

  /** The host loses its power, and its kernel everything. Nobody is told. */
  cutPower(): void {
    if (this.suspended) return;
    this.#powered = false;
    this.#world.loseLifeline(this.index);
    this.#world.peerLink.vanish(this.index);
    this.crash();
    this.ownership.close();
    for (const tuple of [...this.conntrack.entries.keys()]) this.conntrack.lose(tuple);
  }

  /** The agent's process dies alone, and the balancer starts another one. */
  killAgent(restartMs: number): void {
    const { agent, balancer } = this;
    if (agent === undefined || balancer === undefined || !balancer.process.isAlive) return;
    this.#endAgent();
    balancer.agentDied();
    balancer.process.later(restartMs, () => {
      if (this.agent !== undefined) return;
      this.#openAgent();
      balancer.agentOpened();
    });
  }

  /** The agent's process is stopped; its kernel goes on. */
  stall(durationMs: number): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, this.#world.now() + durationMs);
    this.#world.plan(durationMs, () => this.#continue());
  }

  /** The whole host sleeps, and its processes need a moment to run again. */
  suspend(durationMs: number): void {
    this.#suspendedUntil = Math.max(this.#suspendedUntil, this.#world.now() + durationMs);
    this.#parts.clock.suspend();
    if (this.agent !== undefined) this.agent.hasRunSinceResume = false;
    this.#world.plan(durationMs, () => this.#resume());
  }

  setTrack(track: string, ok: boolean): void {
    if (ok) this.#failedTracks.delete(track);
    else this.#failedTracks.add(track);
    this.inform({ type: "trackChanged", track, ok });
  }

  /** The balancer tells how many real servers it reaches. */
  countServers(): void {
    const up = Math.min(1_000, ...this.serverCounts);
    this.inform({ type: "serversCounted", servers: { up, lag: millisOf(serverLagMs) } });
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
    const process = this.balancer?.process;
    process?.hang();
    this.#world.plan(durationMs, () => {
      process?.recover();
      this.#world.peerLink.resume();
    });
  }

  killBalancer(): void {
    this.#endBalancer();
    this.inform({ type: "balancerClosed" });
  }

  requestHandover(force: boolean): void {
    this.balancer?.prepareHandover(force);
  }

  /** What the peer link brings. */
  receiveMessage(message: PeerMessage): void {
    const { balancer } = this;
    balancer?.process.enqueue(() => {
      if (message.type === "frame") balancer.replication.frameReceived(message.bytes);
      else this.#insertStrays(message.flows);
    });
  }

  /** Later, this node knows better what has become of them. */
  #insertStrays(flows: readonly Insertion[]): void {
    if (this.#world.now() - this.#roleSince > this.config.lingerFor) return;
    for (const flow of flows) this.conntrack.insertMissing(flow);
  }

  inform(event: ElectionEvent): void {
    this.receive({ type: "event", event });
  }

  receive(input: AgentInput): void {
    this.agent?.receive(input);
  }

  #openAgent(): void {
    this.agent = new Agent(this);
    this.#termTold = 0;
    for (const track of this.#failedTracks) this.inform({ type: "trackChanged", track, ok: false });
    this.inform({ type: "maintenanceChanged", on: this.#maintenance });
    this.countServers();
  }

  #endAgent(): void {
    if (this.agent === undefined) return;
    this.agent.end();
    this.agent = undefined;
    this.#stalledUntil = 0;
    this.ownership.endProcess();
    this.#world.closeLifeline(this.index);
  }

  #endBalancer(): void {
    if (this.balancer?.process.isAlive !== true) return;
    this.balancer.end();
    this.#world.peerLink.endProcess(this.index);
  }

  #tellTerm(term: number): void {
    if (term === this.#termTold) return;
    this.#termTold = term;
    this.balancer?.termSeen(term);
  }

  #continue(): void {
    if (this.isRunning()) this.agent?.run();
  }

  #resume(): void {
    if (this.suspended) return;
    this.#parts.clock.resume();
    this.#world.retransmit();
    this.balancer?.process.run();
    const latencyMs = this.random.between(0, 5);
    this.#stalledUntil = Math.max(this.#stalledUntil, this.#world.now() + latencyMs);
    this.#world.plan(latencyMs, () => this.#continue());
  }
}
