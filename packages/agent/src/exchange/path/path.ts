/**
 * A path is one way on which heartbeats reach the peer: multicast on an interface, unicast between the sync addresses,
 * or the lifeline. Its index is its place in the list that both nodes build from the same configuration, and travels in
 * every packet.
 */
export interface HeartbeatPath {
  readonly name: string;
  readonly index: number;
  /** Sends or drops: a path that cannot send now is simply silent, and its listener hears of nothing. */
  send(packet: Uint8Array): void;
  close(): void;
}

/** Called with every packet that arrives, authentic or not, and a way to answer on the same path. */
export type PacketListener = (packet: Uint8Array, answer: (packet: Uint8Array) => void) => void;
