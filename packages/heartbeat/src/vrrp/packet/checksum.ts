import { addressBytes } from "@vipair/model";
import { type Datagram, protocolNumber } from "./layout.js";

type Envelope = Pick<Datagram, "source" | "destination">;

/** RFC 9568 § 5.2.8, RFC 1071: the 16-bit one's complement of the one's complement sum. 0 over bytes with a right checksum. */
export function internetChecksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 2) sum += ((part[at] ?? 0) << 8) | (part[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** RFC 8200 § 8.1 for IPv6; for IPv4 that of TCP (RFC 9293 § 3.1). */
export function pseudoHeader({ source, destination }: Envelope, length: number): Uint8Array {
  const addresses = [...addressBytes(source), ...addressBytes(destination)];
  const size = source.family === 4 ? [0, protocolNumber] : [0, 0];
  const rest = source.family === 4 ? [] : [0, 0, 0, protocolNumber];
  return Uint8Array.from([...addresses, ...size, length >> 8, length & 0xff, ...rest]);
}
