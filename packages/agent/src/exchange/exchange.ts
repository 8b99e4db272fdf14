import { randomBytes } from "node:crypto";
import {
  type Authenticator,
  decodePacket,
  encodePacket,
  type Heartbeat,
  nextPacketHeader,
  openSession,
  receivePacket,
  type Session,
} from "@vipair/heartbeat";
import { bootClock } from "@vipair/kernel";
import { elapsed, type Instant, lifelinePort, type Pair, type PathReport, type VirtualAddress } from "@vipair/model";
import { type Lifeline, openLifeline } from "./path/lifeline.js";
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
  heartbeatReceived(heartbeat: Heartbeat, sameConfig: boolean): void;
  lifelineClosed(): void;
}

export function openExchange(options: ExchangeOptions, listener: ExchangeListener): Exchange {
  const { pair, nodeIndex, authenticator } = options;
  const { routerId, interval } = pair.heartbeat;
  const silence = Math.max(1_000, 5 * interval);
  const heardAt = new Map<number, Instant>();
  const refused = new Map<string, number>();
  let session: Session = openSession({ index: nodeIndex, boot: randomId(), challenge: randomId() });
  let latest: Heartbeat | undefined;
  let configDigest = options.configDigest;

  const refuse = (reason: string): void => {
    refused.set(reason, (refused.get(reason) ?? 0) + 1);
  };

  const receive: PacketListener = (bytes, answer) => {
    const decoded = decodePacket(bytes, routerId, authenticator);
    if (!decoded.ok) return refuse(decoded.error);
    const { packet } = decoded;
    const now = bootClock();
    const received = receivePacket(session, packet, packet.path, randomId(), now);
    session = received.session;
    const { verdict } = received;
    switch (verdict.type) {
      case "accepted":
        heardAt.set(packet.path, now);
        if (packet.path === lifeline.index) lifeline.prove();
        if (verdict.newest) listener.heartbeatReceived(packet.heartbeat, packet.configDigest === configDigest);
        return;
      case "unproven":
        refuse(verdict.type);
        if (verdict.answer !== undefined && latest !== undefined) {
          answer(nextPackets(latest, verdict.answer)(packet.path));
        }
        return;
      case "replayed":
      case "reflected":
      case "misrouted":
        refuse(verdict.type);
    }
  };

  const nextPackets = (heartbeat: Heartbeat, response?: bigint): ((path: number) => Uint8Array) => {
    const next = nextPacketHeader(session, response);
    session = next.session;
    return (path) => encodePacket({ ...next.header, routerId, path, configDigest, heartbeat }, authenticator);
  };

  const datagramPaths = openDatagramPaths(options, receive);
  const lifeline = openLifelinePath(options, datagramPaths.length, receive, () => listener.lifelineClosed());
  const paths: readonly HeartbeatPath[] = [...datagramPaths, lifeline];

  return {
    send: (heartbeat) => {
      latest = heartbeat;
      const packetFor = nextPackets(heartbeat);
      for (const path of paths) path.send(packetFor(path.index));
      const heard = heardAt.get(lifeline.index);
      if (heard !== undefined && elapsed(heard, bootClock()) > silence) {
        heardAt.delete(lifeline.index);
        lifeline.renew();
      }
    },
    paths: () => paths.map((path) => reportPath(path, heardAt.get(path.index), silence)),
    setConfigDigest: (digest) => {
      configDigest = digest;
    },
    refused: () => Object.fromEntries(refused),
    close: () => {
      for (const path of paths) path.close();
    },
  };
}

function openDatagramPaths(options: ExchangeOptions, receive: PacketListener): HeartbeatPath[] {
  const { pair, addresses } = options;
  const port = pair.sync.port;
  const interfaces = pair.heartbeat.unicast ? [] : pair.heartbeat.interfaces;
  const multicast = interfaces.map((name, index) =>
    openMulticastPath({ index, interface: name, port, virtual: addresses }, receive),
  );
  const unicast = openUnicastPath({ index: multicast.length, port, ...endpoints(options) }, receive);
  return [...multicast, unicast];
}

function openLifelinePath(
  options: ExchangeOptions,
  index: number,
  receive: PacketListener,
  died: () => void,
): Lifeline {
  const port = lifelinePort(options.pair);
  return openLifeline({ index, listens: options.nodeIndex === 0, port, ...endpoints(options) }, receive, died);
}

const endpoints = ({ pair, nodeIndex }: ExchangeOptions) => ({
  local: pair.nodes[nodeIndex].address,
  peer: pair.nodes[nodeIndex === 0 ? 1 : 0].address,
});

function reportPath(path: HeartbeatPath, heard: Instant | undefined, silence: number): PathReport {
  if (heard === undefined) return { path: path.name, up: false };
  const lastHeardMs = Math.round(elapsed(heard, bootClock()));
  return { path: path.name, up: lastHeardMs <= silence, lastHeardMs };
}

const randomId = (): bigint => randomBytes(8).readBigUInt64BE();
