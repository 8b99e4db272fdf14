import type { Endpoint, Family } from "@vipair/model";

/** An endpoint as nft spells the key of our sets and maps: `198.51.100.10 . tcp . 443`. */
export const elementKey = ({ address, protocol, port }: Endpoint): string => `${address.text} . ${protocol} . ${port}`;

export const families: readonly Family[] = [4, 6];

/** The protocol of the family as nft names its header. */
export const word = (family: Family): string => (family === 4 ? "ip" : "ip6");

export const endpointType = (family: Family): string => `ipv${family}_addr . inet_proto . inet_service`;

/** Where a packet goes, as a key for listeners. */
export const listenerOf = (family: Family): string => `${word(family)} daddr . meta l4proto . th dport`;

/** Where a packet comes from, as a key for servers. */
export const serverOf = (family: Family): string => `${word(family)} saddr . meta l4proto . th sport`;

export const toListener = (family: Family): string => `${listenerOf(family)} @listeners${family}`;
export const fromServer = (family: Family): string => `${serverOf(family)} @endpoints${family}`;
