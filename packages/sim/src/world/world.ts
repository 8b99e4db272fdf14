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
import { PeerLink, type PeerMessage } from "../network/peer-link.js";
import { HostClock } from "../node/clock.js";
import { Host, type HostWorld } from "../node/host.js";
import { type Machines, realMachines } from "../node/machines.js";
import type { ReplicationNews } from "../node/replication.js";
import { Random } from "../random.js";
import { Clients } from "../traffic/clients.js";
import { Agenda } from "./agenda.js";
import { drawConfigs, drawTraits } from "./config.js";

/** Sees what happens as it happens. */
export interface WorldObserver {
  effect(host: Host, effect: ElectionEffect): void;
  news(host: Host, news: ReplicationNews): void;
}

/** Machines to put in the place of the real ones: tests break them to prove that the checkers see it. */
export interface Replacements {
  readonly step?: typeof stepElection;
  readonly openOwnership?: (kernel: SimulatedKernel) => SimulatedOwnership;
  readonly machines?: Partial<Machines>;
}

export const pathNames = ["client", "sync", "lifeline", "peer link"] as const;

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
  readonly peerLink: PeerLink;
  readonly clients: Clients;
  /** The last packets that were sent, of whatever lifetime: what somebody could have recorded. */
  readonly recordings: Packet[] = [];
  /** Tuples whose entries in the two kernels are not the same: what the replication has to do, or has failed to. */
  readonly unequal = new Set<number>();
  /** Counts what happens to connections and their replication. */
  changes = 0;
  /** One of the nodes has a version that neither says nor hears what nodes reach. */
  readonly #isMixed: boolean;
  #observer: WorldObserver | undefined;

  constructor(seed: number, replacements: Replacements = {}) {
    this.random = new Random(seed);
    const { random } = this;
    const configs = drawConfigs(random);
    this.#isMixed = random.chance(0.1);
    this.client = new DatagramPath(random, random.between(0.1, 5));
    this.sync = new DatagramPath(random, random.between(0.1, 5));
    const silenceMs = Math.max(1_000, 5 * configs[0].interval);
    this.lifeline = new Lifeline(this.#lifelineHost(), () => this.now(), this.sync.delayMs, silenceMs);
    this.peerLink = new PeerLink(this.#peerLinkHost(), this.sync.delayMs);
    const traits = drawTraits(random);
    const openHost = (index: NodeIndex): Host =>
      new Host(this, {
        index,
        config: configs[index],
        clock: new HostClock(() => this.now(), random.between(0, 1e6), random.between(0.999, 1.001)),
        step: replacements.step ?? stepElection,
        openOwnership: replacements.openOwnership ?? ((kernel) => new SimulatedOwnership(kernel)),
        machines: { ...realMachines, ...replacements.machines },
        traits,
      });
    this.hosts = [openHost(0), openHost(1)];
    this.clients = new Clients(this);
    this.#reconnect();
    this.peerLink.begin();
  }

  onEvent(observer: WorldObserver): void {
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
    return [this.client, this.sync, this.lifeline, this.peerLink].map(({ directions }) => directions[from]);
  }

  /** Whether both nodes can hear each other on one path: it loses and delays nothing, either way. */
  get connected(): boolean {
    const linked = this.hosts[0].linkUp && this.hosts[1].linkUp;
    return (linked && isClearBothWays(this.client)) || isClearBothWays(this.sync);
  }

  transmit(header: SessionHeader, said: Heartbeat): void {
    const heartbeat = this.#isMixed ? { ...said, reach: undefined } : said;
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

  renewLifeline(from: NodeIndex): void {
    this.lifeline.renew(from);
  }

  loseLifeline(from: NodeIndex): void {
    this.lifeline.vanish(from);
  }

  retransmit(): void {
    this.lifeline.retransmit();
    this.peerLink.resume();
  }

  observe(host: Host, effect: ElectionEffect): void {
    if (effect.type === "reportRole") this.changes++;
    if (effect.type === "reportRole" && effect.to === "active") this.clients.takenOver(host);
    this.#observer?.effect(host, effect);
  }

  tell(host: Host, news: ReplicationNews): void {
    this.changes++;
    if (news.type === "compared") this.peerOf(host).conntrack.interventions.compared(news.digestSentAt);
    this.#observer?.news(host, news);
  }

  announced(host: Host): void {
    this.clients.learn(host);
  }

  connectionChanged(tuple: number): void {
    this.changes++;
    const [left, right] = this.hosts;
    const here = left.conntrack.entries.get(tuple);
    const there = right.conntrack.entries.get(tuple);
    if (here?.state === there?.state) this.unequal.delete(tuple);
    else this.unequal.add(tuple);
  }

  peerOf(host: Host): Host {
    return this.hosts[host.index === 0 ? 1 : 0];
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
      isReceiving: (node: NodeIndex) => this.hosts[node].isUp,
      deliver: (to: NodeIndex, message: LifelineMessage) => this.#deliver(to, message),
    };
  }

  #peerLinkHost() {
    const balancer = (node: NodeIndex) => this.hosts[node].balancer;
    return {
      random: this.random,
      now: () => this.now(),
      plan: (delayMs: number, happen: () => void) => this.plan(delayMs, happen),
      isReceiving: (node: NodeIndex) => this.hosts[node].isUp,
      isReading: (node: NodeIndex) => balancer(node)?.process.isRunning === true,
      opened: (node: NodeIndex) => balancer(node)?.linkChanged(true),
      closed: (node: NodeIndex) => balancer(node)?.linkChanged(false),
      deliver: (to: NodeIndex, message: PeerMessage) => {
        this.changes++;
        this.hosts[to].receiveMessage(message);
      },
    };
  }

  #deliver(to: NodeIndex, message: LifelineMessage): void {
    if (message.type === "packet") this.hosts[to].receive({ type: "packet", packet: message.packet, path: 2 });
    else if (message.type === "close") this.hosts[to].inform({ type: "lifelineClosed" });
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
  hears: undefined,
  heartbeat,
});
