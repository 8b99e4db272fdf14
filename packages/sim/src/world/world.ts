import {
  type ElectionEffect,
  type Heartbeat,
  type NodeIndex,
  type Packet,
  type SessionHeader,
  stepElection,
} from "@vipair/heartbeat";
import { type SimulatedKernel, SimulatedOwnership } from "../kernel/ownership.js";
import { Lifeline, type LifelineMessage } from "../network/lifeline.js";
import { DatagramPath, type Direction, isClear } from "../network/path.js";
import { HostClock } from "../node/clock.js";
import { Host, type HostWorld } from "../node/host.js";
import { Random } from "../random.js";
import { Agenda } from "./agenda.js";
import { drawConfigs } from "./config.js";

export type WorldObserver = (host: Host, effect: ElectionEffect) => void;

/** Machines to put in the place of the real ones: tests break them to prove that the checkers see it. */
export interface Replacements {
  readonly step?: typeof stepElection;
  readonly openOwnership?: (kernel: SimulatedKernel) => SimulatedOwnership;
}

export const pathNames = ["client", "sync", "lifeline"] as const;

/**
 * Two hosts, the network between them, and time. Everything that happens is on the agenda, and everything that is left
 * to chance comes from the seed, so the same seed is the same story.
 */
export class World implements HostWorld {
  readonly agenda = new Agenda();
  readonly random: Random;
  readonly hosts: readonly [Host, Host];
  readonly client: DatagramPath;
  readonly sync: DatagramPath;
  readonly lifeline: Lifeline;
  /** The last packets that were sent, of whatever lifetime: what somebody could have recorded. */
  readonly recordings: Packet[] = [];
  #observer: WorldObserver = () => undefined;

  constructor(seed: number, replacements: Replacements = {}) {
    this.random = new Random(seed);
    const { random } = this;
    const configs = drawConfigs(random);
    this.client = new DatagramPath(random, random.between(0.1, 5));
    this.sync = new DatagramPath(random, random.between(0.1, 5));
    this.lifeline = new Lifeline(this.#lifelineHost(), () => this.now(), this.sync.delayMs);
    const openHost = (index: NodeIndex): Host =>
      new Host(this, {
        index,
        config: configs[index],
        clock: new HostClock(() => this.now(), random.between(0, 1e6), random.between(0.999, 1.001)),
        step: replacements.step ?? stepElection,
        openOwnership: replacements.openOwnership ?? ((kernel) => new SimulatedOwnership(kernel)),
      });
    this.hosts = [openHost(0), openHost(1)];
    this.#reconnect();
  }

  onEffect(observer: WorldObserver): void {
    this.#observer = observer;
  }

  now(): number {
    return this.agenda.now;
  }

  plan(delayMs: number, happen: () => void): void {
    this.agenda.plan(this.now() + delayMs, happen);
  }

  /** The directions in which this node speaks, by path number. */
  directions(from: NodeIndex): readonly Direction[] {
    return [this.client.directions[from], this.sync.directions[from], this.lifeline.directions[from]];
  }

  /** Whether both nodes can hear each other on one path: it loses and delays nothing, either way. */
  get connected(): boolean {
    const linked = this.hosts[0].linkUp && this.hosts[1].linkUp;
    return (linked && isClearBothWays(this.client)) || isClearBothWays(this.sync);
  }

  transmit(header: SessionHeader, heartbeat: Heartbeat): void {
    const from = header.sender;
    const linked = this.hosts[0].linkUp && this.hosts[1].linkUp;
    if (linked) this.#transmitDatagram(this.client, from, pack(header, heartbeat, 0));
    const packet = pack(header, heartbeat, 1);
    this.#transmitDatagram(this.sync, from, packet);
    this.lifeline.send(from, { type: "packet", packet: pack(header, heartbeat, 2) });
    this.recordings[header.seq % 200] = packet;
  }

  /** Somebody in the network sends a recorded packet again, to its old receiver. */
  replay(packet: Packet, path: number): void {
    this.#arrive(packet.sender === 0 ? 1 : 0, { ...packet, path });
  }

  closeLifeline(from: NodeIndex): void {
    this.lifeline.close(from);
  }

  retransmit(): void {
    this.lifeline.retransmit();
  }

  observe(host: Host, effect: ElectionEffect): void {
    this.#observer(host, effect);
  }

  #transmitDatagram(path: DatagramPath, from: NodeIndex, packet: Packet): void {
    for (const delayMs of path.fates(from)) this.plan(delayMs, () => this.#arrive(from === 0 ? 1 : 0, packet));
  }

  #arrive(to: NodeIndex, packet: Packet): void {
    const host = this.hosts[to];
    if (!host.suspended) host.receive({ type: "packet", packet, path: packet.path });
  }

  #lifelineHost() {
    return {
      plan: (delayMs: number, happen: () => void) => this.plan(delayMs, happen),
      isReceiving: (node: NodeIndex) => !this.hosts[node].suspended,
      deliver: (to: NodeIndex, message: LifelineMessage) => this.#deliver(to, message),
    };
  }

  #deliver(to: NodeIndex, message: LifelineMessage): void {
    if (message.type === "packet") this.hosts[to].receive({ type: "packet", packet: message.packet, path: 2 });
    else this.hosts[to].inform({ type: "lifelineClosed" });
  }

  #reconnect(): void {
    if (this.hosts?.every((host) => host.isRunning())) this.lifeline.connect();
    this.plan(200, () => this.#reconnect());
  }
}

const isClearBothWays = (path: DatagramPath): boolean => isClear(path.directions[0]) && isClear(path.directions[1]);

const pack = (
  { sender, boot, seq, challenge, response }: SessionHeader,
  heartbeat: Heartbeat,
  path: number,
): Packet => ({
  routerId: 1,
  sender,
  path,
  boot,
  seq,
  challenge,
  response,
  configDigest: 0n,
  heartbeat,
});
