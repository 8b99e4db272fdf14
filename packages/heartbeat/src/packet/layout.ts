import type { Heartbeat } from "../heartbeat.js";

/**
 * The datagram form of a heartbeat: 96 bytes, or more with an extension, all numbers in network byte order. The lifeline
 * carries the same bytes.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-------------------------------+-------------------------------+
 *  0|                      magic "VIPA" (0x56495041)                |
 *   +---------------+---------------+---------------+---------------+
 *  4|  version = 1  |   router id   | sender (0, 1) |     path      |
 *   +---------------+---------------+---------------+---------------+
 *  8|                          sender boot (64)                     |
 *   +---------------------------------------------------------------+
 * 16|                       sequence number (64)                    |
 *   +---------------------------------------------------------------+
 * 24|                           challenge (64)                      |
 *   +---------------------------------------------------------------+
 * 32|                           response (64)                       |
 *   +---------------------------------------------------------------+
 * 40|                      configuration digest (64)                |
 *   +---------------+---------------+-------------------------------+
 * 48| role (1, 2)   |   priority    |             flags             |
 *   +---------------+---------------+-------------------------------+
 * 52|              advertisement interval in milliseconds           |
 *   +---------------------------------------------------------------+
 * 56|                             term (64)                         |
 *   +---------------------------------------------------------------+
 * 64|                     extension, if there is one                |
 *   +---------------------------------------------------------------+
 *    |            HMAC-SHA256 over all bytes before it (256)         |
 *   +---------------------------------------------------------------+
 *
 * The extension ends where the MAC begins. This node knows its first 8 bytes; what follows was added by a later version
 * and is passed over, and one that is shorter is as good as none.
 *
 *   +---------------+---------------+-------------------------------+
 * 64| carriers lost | gateways lost |  servers up, of 1000          |
 *   +---------------+---------------+-------------------------------+
 * 68|        paths on which the sender hears the receiver           |
 *   +---------------------------------------------------------------+
 *
 * A node that knows no extension refuses packets that have one. So a node adds it only for a peer from which it has heard
 * one, and shows now and then that it could (see the agent's `exchange/dialect`).
 */
export const packetLength = 96;
export const extendedLength = 104;
/** No version will ever send more. */
export const longestPacket = 512;
export const macLength = 32;
export const packetMagic = 0x56_49_50_41;
export const packetVersion = 1;

export const offsets = {
  magic: 0,
  version: 4,
  routerId: 5,
  sender: 6,
  path: 7,
  boot: 8,
  seq: 16,
  challenge: 24,
  response: 32,
  configDigest: 40,
  role: 48,
  priority: 49,
  flags: 50,
  interval: 52,
  term: 56,
  carriersLost: 64,
  gatewaysLost: 65,
  serversUp: 66,
  hears: 68,
} as const;

/** On the wire; 0 is no role. */
export const roleCodes = { backup: 1, active: 2 } as const;

/** Bits of the flags; the others are 0. */
export const flagBits = {
  resigning: 0x01,
  planned: 0x02,
  eligible: 0x04,
  ready: 0x08,
  maintenance: 0x10,
  hearing: 0x20,
  claiming: 0x40,
} as const satisfies { readonly [F in FlagName]: number };

export type FlagName = {
  [K in keyof Heartbeat]: Heartbeat[K] extends boolean ? K : never;
}[keyof Heartbeat];

/** Which of the pair's two nodes. */
export type NodeIndex = 0 | 1;

/** What stands before the heartbeat. */
export interface PacketHeader {
  /** 1 to 255: tells pairs on one network apart. */
  readonly routerId: number;
  readonly sender: NodeIndex;
  /** Number of the path on which this copy is sent, the same on both nodes. */
  readonly path: number;
  /** Random number of the sender's lifetime. */
  readonly boot: bigint;
  /** Counts the sender's heartbeats in this lifetime; all copies of a heartbeat carry the same. */
  readonly seq: number;
  /** Whoever sends this back has heard the sender in this lifetime. */
  readonly challenge: bigint;
  /** The challenge last heard from the receiver; 0 before any. */
  readonly response: bigint;
  /** Whether both nodes run the same configuration. */
  readonly configDigest: bigint;
}

export interface Packet extends PacketHeader {
  readonly heartbeat: Heartbeat;
  /** One bit for each path on which the sender hears the receiver, the lowest for path 0; `undefined`: it does not say. */
  readonly hears: number | undefined;
}
