import { randomBytes } from "node:crypto";
import {
  type Authenticator,
  decodePacket,
  encodePacket,
  type Heartbeat,
  nextPacketHeader,
  openSession,
  type Packet,
  receivePacket,
  type Session,
  type Verdict,
} from "@vipair/heartbeat";
import { bootClock } from "@vipair/kernel";
import {
  elapsed,
  lifelinePort,
  type Millis,
  millisOf,
  type Pair,
  type PathReport,
  type VirtualAddress,
} from "@vipair/model";
import { openPathAlarm } from "./alarm.js";
import { type Form, openDialect } from "./dialect.js";
import { type Hearing, openHearing } from "./hearing.js";
import { openLifeline } from "./path/lifeline.js";
import { openMulticastPath } from "./path/multicast.js";
import type { HeartbeatPath, PacketListener } from "./path/path.js";
import { openUnicastPath } from "./path/unicast.js";

/**
 * The exchange of heartbeats with the peer: every path, the authentication of packets and the session that makes
 * recordings worthless. Outwards it knows three things: a heartbeat to send, the newest heartbeat received, and that the
 * lifeline closed.
 */
export interface Exchange {
  send(heartbeat: Heartbeat): void;
  paths(): readonly PathReport[];
  /** The peer's version says nothing of what it reaches. */
  readonly peerIsOlder: boolean;
  /** The configuration changed: what is sent from now on says so. */
  setConfigDigest(digest: bigint): void;
  /** Packets refused so far, by reason. */
  refused(): Readonly<Record<string, number>>;
  close(): void;
}

export interface ExchangeOptions {
  readonly pair: Pair;
  readonly nodeIndex: 0 | 1;
  readonly addresses: readonly VirtualAddress[];
  readonly configDigest: bigint;
  readonly authenticator: Authenticator;
}

export interface ExchangeListener {
  /** What this node would say now, to answer a peer that has to be proven; `undefined` while it says nothing. */
  currentHeartbeat(): Heartbeat | undefined;
  heartbeatReceived(heartbeat: Heartbeat, sameConfig: boolean): void;
  lifelineClosed(): void;
  /** A path fell silent while the peer is heard on `others`, or speaks again. */
  pathChanged(path: string, up: boolean, others: readonly string[]): void;
}

export function openExchange(options: ExchangeOptions, listener: ExchangeListener): Exchange {
  const { pair, nodeIndex, authenticator } = options;
  const { routerId } = pair.heartbeat;
  const silence = silenceOf(pair);
  const hearings = new Map<number, Hearing>();
  const hearingOn = (path: number): Hearing => {
    const hearing = hearings.get(path) ?? openHearing();
    hearings.set(path, hearing);
    return hearing;
  };
  const refused = new Map<string, number>();
  let session: Session = openSession({ index: nodeIndex, boot: randomId(), challenge: randomId() });
  let configDigest = options.configDigest;
  const dialect = openDialect();
  /** The paths on which the peer says that it hears this node. */
  let peerHears: number | undefined;

  const refuse = (reason: string): void => {
    refused.set(reason, (refused.get(reason) ?? 0) + 1);
  };

  const receiveOn =
    (arrival: number): PacketListener =>
    (bytes, answer) => {
      const decoded = decodePacket(bytes, routerId, authenticator);
      if (!decoded.ok) return refuse(decoded.error);
      if (isForSibling(decoded.packet.path, arrival)) return;
      const received = receivePacket(session, decoded.packet, arrival, randomId(), bootClock());
      // Whatever still comes of a former lifetime's lifeline, its end above all, says nothing of this one.
      const former = session.peer?.boot;
      session = received.session;
      if (former !== undefined && former !== session.peer?.boot) lifeline.renew();
      judge(decoded.packet, received.verdict, answer);
    };
  /** A multicast packet that the kernel handed to the sockets of other interfaces as well: those pass it over. */
  const isForSibling = (path: number, arrival: number): boolean =>
    path !== arrival && path < multicastCount && arrival < multicastCount;

  const judge = (packet: Packet, verdict: Verdict, answer: (packet: Uint8Array) => void): void => {
    switch (verdict.type) {
      case "accepted":
        hearingOn(packet.path).heard(packet.boot, packet.seq, bootClock());
        dialect.heard(packet.boot, packet.heartbeat.reach !== undefined);
        if (verdict.newest) peerHears = packet.hears;
        if (packet.path === lifeline.index) lifeline.prove();
        if (verdict.newest) listener.heartbeatReceived(packet.heartbeat, packet.configDigest === configDigest);
        if (verdict.established) proveLife();
        return;
      case "unproven": {
        refuse(verdict.type);
        const heartbeat = verdict.answer === undefined ? undefined : listener.currentHeartbeat();
        if (heartbeat !== undefined) answer(nextPackets(heartbeat, verdict.answer)(packet.path, "plain"));
        return;
      }
      case "replayed":
      case "reflected":
      case "misrouted":
        refuse(verdict.type);
    }
  };

  /** A peer that was just proven may not have proof of this node yet: it need not wait an interval for it. */
  const proveLife = (): void => {
    const heartbeat = listener.currentHeartbeat();
    if (heartbeat !== undefined) sendOnAll(heartbeat);
  };

  const nextPackets = (said: Heartbeat, response?: bigint): ((path: number, form: Form) => Uint8Array) => {
    const next = nextPacketHeader(session, response);
    session = next.session;
    const packet = { ...next.header, routerId, configDigest, hears: heardPaths() };
    return (path, form) => {
      const heartbeat = form === "extended" ? said : { ...said, reach: undefined };
      return encodePacket({ ...packet, path, heartbeat }, authenticator);
    };
  };

  const interfaces = pair.heartbeat.unicast ? [] : pair.heartbeat.interfaces;
  const multicastCount = interfaces.length;
  const lifelineIndex = multicastCount + 1;
  const lifeline = openLifeline(
    {
      index: lifelineIndex,
      listens: nodeIndex === 0,
      port: lifelinePort(pair),
      provingTime: silence,
      ...endpoints(options),
    },
    receiveOn(lifelineIndex),
    () => listener.lifelineClosed(),
  );
  const { port } = pair.sync;
  const paths: readonly HeartbeatPath[] = [
    ...interfaces.map((name, index) =>
      openMulticastPath({ index, interface: name, port, virtual: options.addresses }, receiveOn(index)),
    ),
    openUnicastPath({ index: multicastCount, port, ...endpoints(options) }, receiveOn(multicastCount)),
    lifeline,
  ];

  const sendOnAll = (heartbeat: Heartbeat): void => {
    const packetFor = nextPackets(heartbeat);
    for (const form of dialect.forms()) for (const path of paths) path.send(packetFor(path.index, form));
  };
  const heardPaths = (): number => {
    let bits = 0;
    for (const { index } of paths) if (index < 32 && isHeard(hearingOn(index), silence)) bits |= 1 << index;
    return bits >>> 0;
  };
  const alarm = openPathAlarm({
    paths: () => paths.map(({ name, index }) => ({ name, heardAt: hearingOn(index).heardAt })),
    silence,
    changed: (path, up, others) => listener.pathChanged(path, up, others),
  });

  return {
    send: (heartbeat) => {
      sendOnAll(heartbeat);
      alarm.look(bootClock());
      const heard = hearingOn(lifeline.index).heardAt;
      if (heard !== undefined && elapsed(heard, bootClock()) > silence) {
        hearings.delete(lifeline.index);
        lifeline.renew();
      }
    },
    paths: () => paths.map((path) => reportPath(path, hearingOn(path.index), silence, peerHears)),
    get peerIsOlder() {
      return dialect.peerIsOlder;
    },
    setConfigDigest: (digest) => {
      configDigest = digest;
    },
    refused: () => Object.fromEntries(refused),
    close: () => {
      for (const path of paths) path.close();
    },
  };
}

/** A path on which nothing came for this long is down. */
const silenceOf = ({ heartbeat }: Pair): Millis => millisOf(Math.max(1_000, 5 * heartbeat.interval));

const endpoints = ({ pair, nodeIndex }: ExchangeOptions) => ({
  local: pair.nodes[nodeIndex].address,
  peer: pair.nodes[nodeIndex === 0 ? 1 : 0].address,
});

const isHeard = ({ heardAt }: Hearing, silence: Millis): boolean =>
  heardAt !== undefined && elapsed(heardAt, bootClock()) <= silence;

function reportPath(path: HeartbeatPath, hearing: Hearing, silence: Millis, peerHears: number | undefined): PathReport {
  const { heardAt } = hearing;
  const told = peerHears === undefined || path.index >= 32 ? {} : { peerHears: ((peerHears >>> path.index) & 1) === 1 };
  if (heardAt === undefined) return { path: path.name, up: false, ...told };
  const lastHeardMs = Math.round(elapsed(heardAt, bootClock()));
  return { path: path.name, up: isHeard(hearing, silence), lastHeardMs, ...hearing.quality(), ...told };
}

const randomId = (): bigint => randomBytes(8).readBigUInt64BE();
