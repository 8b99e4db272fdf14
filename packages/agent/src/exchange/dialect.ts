/**
 * Which form of the packet the peer reads. One that is a minor version older refuses packets with an extension, so they are
 * sent to a peer that has sent one itself in its present lifetime. The first heartbeat and every tenth after it are an offer:
 * they go out in both forms, so that two nodes that could both extend their packets find out.
 */
export interface Dialect {
  /** A fresh packet of this lifetime of the peer. */
  heard(boot: bigint, extended: boolean): void;
  /** The forms in which the next heartbeat is sent, in this order. */
  forms(): readonly Form[];
  /** The peer has said enough to know that it is older. */
  readonly peerIsOlder: boolean;
}

export type Form = "extended" | "plain";

const offerEvery = 10;
/** Two offers and more on each of four paths: the first may come before this node is believed. */
const enoughPlain = 100;

export function openDialect(): Dialect {
  let peer: { boot: bigint; extended: boolean; plain: number } | undefined;
  let untilOffer = 0;
  return {
    heard: (boot, extended) => {
      const known = peer?.boot === boot ? peer : { boot, extended: false, plain: 0 };
      peer = { boot, extended: known.extended || extended, plain: known.plain + (extended ? 0 : 1) };
    },
    forms: () => {
      if (peer?.extended === true) return ["extended"];
      untilOffer = untilOffer === 0 ? offerEvery - 1 : untilOffer - 1;
      return untilOffer === offerEvery - 1 ? ["extended", "plain"] : ["plain"];
    },
    get peerIsOlder() {
      return peer !== undefined && !peer.extended && peer.plain >= enoughPlain;
    },
  };
}
