import ipaddr from "ipaddr.js";

export type Family = 4 | 6;

/** An IP address in its canonical text form (RFC 5952 for IPv6), so that equal addresses are equal strings. */
export interface IpAddress {
  readonly family: Family;
  readonly text: string;
}

/** An address together with the length of its network prefix: `198.51.100.10/24`. */
export interface Prefix {
  readonly address: IpAddress;
  readonly length: number;
}

export type Protocol = "tcp" | "udp";

/** An address with port and protocol: `198.51.100.10:443`, `[2001:db8::1]:53/udp`. */
export interface Endpoint {
  readonly address: IpAddress;
  readonly port: number;
  readonly protocol: Protocol;
}

/** Reads an IPv4 address in four decimal parts or an IPv6 address; no brackets, no zone. */
export function parseAddress(text: string): IpAddress | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return { family: 4, text: ipaddr.IPv4.parse(text).toString() };
  if (text.includes("%") || !ipaddr.IPv6.isValid(text)) return undefined;
  return { family: 6, text: ipaddr.IPv6.parse(text).toRFC5952String() };
}

/** Reads `address/length`; `undefined` when either part is wrong or the length does not fit the family. */
export function parsePrefix(text: string): Prefix | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const address = match?.[1] === undefined ? undefined : parseAddress(match[1]);
  if (address === undefined) return undefined;
  const length = Number(match?.[2]);
  return length <= (address.family === 4 ? 32 : 128) ? { address, length } : undefined;
}

/** Reads `address:port` or `[address]:port`, with `/tcp` (the default) or `/udp` behind it. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})(?:\/(tcp|udp))?$/.exec(text);
  const address = parseAddress(match?.[1] ?? match?.[2] ?? "");
  const port = Number(match?.[3]);
  if (address === undefined || !(port >= 1 && port <= 65535)) return undefined;
  if ((address.family === 6) !== (match?.[1] !== undefined)) return undefined;
  return { address, port, protocol: (match?.[4] ?? "tcp") as Protocol };
}

export const formatPrefix = (prefix: Prefix): string => `${prefix.address.text}/${prefix.length}`;

/** `198.51.100.10:443`, `[2001:db8::1]:53/udp`; tcp is left out. */
export function formatEndpoint(endpoint: Endpoint): string {
  const suffix = endpoint.protocol === "udp" ? "/udp" : "";
  return `${formatHostPort(endpoint)}${suffix}`;
}

/** `198.51.100.10:443`, `[2001:db8::1]:53`, whatever the protocol. */
export function formatHostPort({ address, port }: Pick<Endpoint, "address" | "port">): string {
  return `${address.family === 6 ? `[${address.text}]` : address.text}:${port}`;
}

/** The address in network byte order: 4 or 16 bytes. */
export function addressBytes(address: IpAddress): Uint8Array {
  return Uint8Array.from(ipaddr.parse(address.text).toByteArray());
}

/** The address that 4 or 16 bytes in network byte order spell; throws on any other length. */
export function addressFromBytes(bytes: Uint8Array): IpAddress {
  const parsed = ipaddr.fromByteArray(Array.from(bytes));
  if (parsed.kind() === "ipv4") return { family: 4, text: parsed.toString() };
  return { family: 6, text: (parsed as ipaddr.IPv6).toRFC5952String() };
}

/** Whether the address lies in the network of the prefix. */
export function prefixContains(prefix: Prefix, address: IpAddress): boolean {
  if (prefix.address.family !== address.family) return false;
  const network = ipaddr.parse(prefix.address.text);
  const candidate = ipaddr.parse(address.text);
  return network.kind() === "ipv4"
    ? (candidate as ipaddr.IPv4).match(network as ipaddr.IPv4, prefix.length)
    : (candidate as ipaddr.IPv6).match(network as ipaddr.IPv6, prefix.length);
}

/** Whether the address is an IPv6 one of fe80::/10, which means something only together with an interface. */
export function isLinkLocal(address: IpAddress): boolean {
  const [first = 0, second = 0] = addressBytes(address);
  return address.family === 6 && first === 0xfe && (second & 0xc0) === 0x80;
}

/** Unsigned comparison in network byte order, as RFC 9568 § 6.4.3 compares primary addresses. */
export function compareAddresses(left: IpAddress, right: IpAddress): number {
  const a = addressBytes(left);
  const b = addressBytes(right);
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
