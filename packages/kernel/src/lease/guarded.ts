/**
 * What the lease lets through and the fence keeps out: for each kind of packet, the hook it passes, how it is recognised
 * and the set that holds the addresses. Both tables are made from this one list, so that they cannot disagree.
 *
 *              lease table (owner: dies with the agent)      fence table (stays)
 *              priority first                                priority second
 *     packet ──▶ address in the lease's set? set the bit ──▶ the bit? clear it, and pass
 *                elements time out                           address in the fence's set? drop
 *
 * Every packet of the host passes both: what there is most of comes first, and leaves the chain at the first answer.
 */
import type { VirtualAddress, VirtualDevice } from "@vipair/model";
import { addressBytes } from "@vipair/model";
import type { ChainDeclaration, SetDeclaration } from "../nftables/batch.js";
import type { Expression } from "../nftables/expression.js";
import type { TableFamily } from "../nftables/table.js";

/** Answers tell the neighbours where the addresses are (ARP, neighbour discovery); traffic is everything else. */
export type Pass = "answers" | "traffic";

export interface Guarded {
  readonly family: TableFamily;
  readonly chain: string;
  readonly set: string;
  /** Loads the address into the register, if the packet is of this kind. */
  readonly load: readonly Expression[];
}

export interface GuardedSet {
  readonly family: TableFamily;
  readonly name: string;
  readonly keyLength: SetDeclaration["keyLength"];
  readonly pass: Pass;
  /** What its keys are: addresses, or names of devices. */
  readonly of: "address" | "device";
}

/** All that the lease is for. */
export interface Guards {
  readonly addresses: readonly VirtualAddress[];
  /** Devices of virtual routers: what arrives there is for this node only while it has the lease, whatever its destination. */
  readonly devices: readonly VirtualDevice[];
}

/** The bit of the packet mark by which the lease tells the fence to let a packet through. */
export const leaseBit = 0x4000_0000;

export const families: readonly TableFamily[] = ["arp", "inet"];

export const guardedSets: readonly GuardedSet[] = [
  { family: "arp", name: "answers4", keyLength: 4, pass: "answers", of: "address" },
  { family: "inet", name: "answers6", keyLength: 16, pass: "answers", of: "address" },
  { family: "inet", name: "traffic4", keyLength: 4, pass: "traffic", of: "address" },
  { family: "inet", name: "traffic6", keyLength: 16, pass: "traffic", of: "address" },
  { family: "inet", name: "arrivals", keyLength: 16, pass: "traffic", of: "device" },
];

/** Chains by family. The fence's run right behind the lease's. */
export function chains(family: TableFamily, place: "lease" | "fence"): readonly ChainDeclaration[] {
  const priority = (family === "arp" ? 0 : -300) - (place === "lease" ? 10 : 0);
  return family === "arp"
    ? [
        { name: "input", hook: 0, priority },
        { name: "output", hook: 1, priority },
      ]
    : [
        { name: "prerouting", hook: 0, priority },
        { name: "output", hook: 3, priority },
      ];
}

// Ethernet and IPv4: hardware type 1, protocol type 0x0800, lengths 6 and 4.
const arpOverEthernet: readonly Expression[] = [
  { type: "payload", base: "network", offset: 0, length: 6 },
  { type: "equals", value: [0, 1, 8, 0, 6, 4] },
];
const ipv4: readonly Expression[] = [
  { type: "meta", key: "nfproto" },
  { type: "equals", value: [2] },
];
const ipv6: readonly Expression[] = [
  { type: "meta", key: "nfproto" },
  { type: "equals", value: [10] },
];
const icmpv6 = (type: number): readonly Expression[] => [
  ...ipv6,
  { type: "meta", key: "l4proto" },
  { type: "equals", value: [58] },
  { type: "payload", base: "transport", offset: 0, length: 1 },
  { type: "equals", value: [type] },
];
const neighbourSolicitation = 135;
const neighbourAdvertisement = 136;
const network = (offset: number, length: number): Expression => ({ type: "payload", base: "network", offset, length });
const solicitedTarget: Expression = { type: "payload", base: "transport", offset: 8, length: 16 };

const guarded: readonly Guarded[] = [
  // Somebody asks for an address of ours; we speak as one (replies, and requests of our own stack).
  { family: "arp", chain: "input", set: "answers4", load: [...arpOverEthernet, network(24, 4)] },
  { family: "arp", chain: "output", set: "answers4", load: [...arpOverEthernet, network(14, 4)] },
  { family: "inet", chain: "prerouting", set: "traffic4", load: [...ipv4, network(16, 4)] },
  { family: "inet", chain: "prerouting", set: "traffic6", load: [...ipv6, network(24, 16)] },
  { family: "inet", chain: "prerouting", set: "answers6", load: [...icmpv6(neighbourSolicitation), solicitedTarget] },
  { family: "inet", chain: "output", set: "answers6", load: [...icmpv6(neighbourAdvertisement), solicitedTarget] },
  { family: "inet", chain: "output", set: "answers6", load: [...icmpv6(neighbourSolicitation), network(8, 16)] },
  // RFC 9568 § 6.4.2: discard packets to the virtual router's link-layer address.
  { family: "inet", chain: "prerouting", set: "arrivals", load: [{ type: "meta", key: "iifname" }] },
];

/** What a chain looks at; where there are no devices, it does not look for them: every packet of the host passes here. */
export const rulesOf = (family: TableFamily, chain: string, { devices }: Guards): readonly Guarded[] =>
  guarded.filter(
    (one) => one.family === family && one.chain === chain && (one.set !== "arrivals" || devices.length > 0),
  );

/** The keys of a set, each once. */
export function keysOf({ of, keyLength }: GuardedSet, { addresses, devices }: Guards): Uint8Array[] {
  if (of === "device") return devices.map(({ name }) => Buffer.from(name.padEnd(keyLength, "\0"), "latin1"));
  const keys = new Map<string, Uint8Array>();
  for (const { prefix } of addresses) {
    const bytes = addressBytes(prefix.address);
    if (bytes.length === keyLength) keys.set(prefix.address.text, bytes);
  }
  return [...keys.values()];
}
