import {
  currentHeartbeat,
  type ElectionConfig,
  type ElectionEffect,
  type ElectionEvent,
  type ElectionState,
  type Heartbeat,
  initialElection,
  type NodeIndex,
  nextDeadline,
  nextPacketHeader,
  openSession,
  type Packet,
  receivePacket,
  type Session,
  type SessionHeader,
  type stepElection,
} from "@vipair/heartbeat";
import { type Instant, instantOf, type Outcome } from "@vipair/model";
import type { SimulatedOwnership } from "../kernel/ownership.js";
import type { Random } from "../random.js";

/** What reaches an agent's process. */
export type AgentInput =
  | { readonly type: "event"; readonly event: ElectionEvent }
  | { readonly type: "packet"; readonly packet: Packet; readonly path: number };

/** What an agent needs of the host it runs on. */
export interface AgentHost {
  readonly index: NodeIndex;
  readonly config: ElectionConfig;
  readonly ownership: SimulatedOwnership;
  readonly random: Random;
  readonly step: typeof stepElection;
  bootTime(): Instant;
  /** Whether the process gets the processor: it does not while it is stopped or the host is suspended. */
  isRunning(): boolean;
  /** Calls `wake` when CLOCK_BOOTTIME shows `instant`. */
  planWake(instant: Instant, wake: () => void): void;
  transmit(header: SessionHeader, heartbeat: Heartbeat): void;
  renewLifeline(): void;
  askWitness(): void;
  observe(agent: Agent, effect: ElectionEffect): void;
}

/**
 * One lifetime of an agent's process: the real election and the real session, joined as the real agent joins them. What
 * has arrived is stepped before a deadline that passed; outcomes come before everything else.
 */
export class Agent {
  state: ElectionState;
  session: Session;
  /** Whether the process had the processor since the host was resumed last. */
  hasRunSinceResume = true;
  readonly #host: AgentHost;
  #inbox: AgentInput[] = [];
  #wakeAt: Instant | undefined;
  #nextChallenge: bigint;
  #alive = true;

  constructor(host: AgentHost) {
    this.#host = host;
    this.state = initialElection(host.config, host.bootTime());
    const { random, index } = host;
    this.session = openSession({ index, boot: random.big(), challenge: random.big() });
    this.#nextChallenge = random.big();
    host.ownership.open();
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** The process is gone; whatever comes for it is lost. */
  end(): void {
    this.#alive = false;
  }

  receive(input: AgentInput): void {
    this.#inbox.push(input);
    if (this.#host.isRunning()) this.run();
  }

  /** Takes in what has arrived, then the deadline if it has passed. */
  run(): void {
    this.hasRunSinceResume = true;
    while (this.#alive && this.#inbox.length > 0) {
      const inputs = this.#inbox;
      this.#inbox = [];
      for (const input of inputs) this.#take(input);
    }
    if (this.#wakeAt !== undefined && this.#now() >= this.#wakeAt) this.#step({ type: "deadlineReached" });
    this.#arm();
  }

  #take(input: AgentInput): void {
    if (!this.#alive) return;
    if (input.type === "event") this.#step(input.event);
    else this.#takePacket(input.packet, input.path);
  }

  #takePacket(packet: Packet, path: number): void {
    const { session, verdict } = receivePacket(this.session, packet, path, this.#nextChallenge, this.#now());
    if (session.challenge === this.#nextChallenge) this.#nextChallenge = this.#host.random.big();
    const former = this.session.peer;
    this.session = session;
    // The end of the former lifetime's lifeline may still be on its way, and says nothing of this one.
    if (former !== undefined && former.boot !== session.peer?.boot) this.#host.renewLifeline();
    if (verdict.type === "accepted" && verdict.newest) {
      this.#step({ type: "heartbeatReceived", heartbeat: packet.heartbeat });
    }
    if (verdict.type === "accepted" && verdict.established) this.#answer();
    if (verdict.type === "unproven" && verdict.answer !== undefined) this.#answer(verdict.answer);
  }

  #answer(response?: bigint): void {
    const heartbeat = currentHeartbeat(this.#host.config, this.state, this.#now());
    if (heartbeat !== undefined) this.#send(heartbeat, response);
  }

  #step(event: ElectionEvent): void {
    const { state, effects } = this.#host.step(this.#host.config, this.state, event, this.#now());
    this.state = state;
    const outcomes: ElectionEvent[] = [];
    for (const effect of effects) {
      const outcome = this.#perform(effect);
      if (outcome !== undefined) outcomes.push(outcome);
      this.#host.observe(this, effect);
    }
    for (const outcome of outcomes) this.#step(outcome);
  }

  #perform(effect: ElectionEffect): ElectionEvent | undefined {
    const { ownership } = this.#host;
    switch (effect.type) {
      case "sendHeartbeat":
        this.#send(effect.heartbeat);
        return undefined;
      case "renewLease":
        return leaseOutcome(ownership.renewLease(effect.ttl));
      case "dropLease":
        ownership.dropLease(effect.linger);
        return undefined;
      case "addAddresses":
        return addressOutcome(ownership.addAddresses(effect.validFor));
      case "removeAddresses":
        ownership.removeAddresses();
        return undefined;
      case "announceAddresses":
        ownership.announceAddresses();
        return undefined;
      case "askWitness":
        this.#host.askWitness();
        return undefined;
      case "reportUnwitnessed":
      case "requestHandover":
      case "refuseHandover":
      case "reportRole":
      case "reportRestored":
      case "reportRefused":
      case "reportConflict":
      case "exit":
        return undefined;
    }
  }

  #send(heartbeat: Heartbeat, response?: bigint): void {
    const { session, header } = nextPacketHeader(this.session, response);
    this.session = session;
    this.#host.transmit(header, heartbeat);
  }

  #arm(): void {
    const deadline = this.#alive ? nextDeadline(this.state) : undefined;
    if (deadline === this.#wakeAt) return;
    this.#wakeAt = deadline;
    if (deadline !== undefined) this.#host.planWake(deadline, () => this.#wake(deadline));
  }

  #wake(deadline: Instant): void {
    if (this.#alive && deadline === this.#wakeAt && this.#host.isRunning()) this.run();
  }

  /** CLOCK_BOOTTIME, but never before a deadline for which the process was woken. */
  #now(): Instant {
    const now = this.#host.bootTime();
    const early = this.#wakeAt !== undefined && now < this.#wakeAt && now > this.#wakeAt - 1e-6;
    return early ? instantOf(this.#wakeAt ?? now) : now;
  }
}

const leaseOutcome = (outcome: Outcome): ElectionEvent =>
  outcome.ok ? { type: "leaseRenewed" } : { type: "leaseRefused", error: outcome.error };

const addressOutcome = (outcome: Outcome): ElectionEvent | undefined =>
  outcome.ok ? undefined : { type: "addressesRefused", error: outcome.error };
