import { addressBytes, type IpAddress, type Prefix } from "@vipair/model";

/** Why no host can have the address as its own, or `undefined` when one can. */
export function whyNotUnicast(address: IpAddress): string | undefined {
  const bytes = addressBytes(address);
  return address.family === 4 ? whyNotUnicast4(bytes) : whyNotUnicast6(bytes);
}

/** Why no interface can carry the address with this prefix, or `undefined` when one can. */
export function whyNotCarried({ address, length }: Prefix): string | undefined {
  const why = whyNotUnicast(address);
  if (why !== undefined) return why;
  if (length === 0) return "a prefix length of 0 is the whole internet";
  const bytes = addressBytes(address);
  const hostBits = bytes.length * 8 - length;
  // Both addresses of a /31 and of a /127 are hosts (RFC 3021, RFC 6164).
  if (hostBits < 2) return undefined;
  if (allHostBits(bytes, length, 0)) {
    const name = address.family === 4 ? "the address of the network" : "the subnet-router anycast address";
    return `${address.text} is ${name} in /${length}`;
  }
  if (address.family === 4 && allHostBits(bytes, length, 1))
    return `${address.text} is the broadcast address in /${length}`;
  return undefined;
}

function whyNotUnicast4(bytes: Uint8Array): string | undefined {
  const first = bytes[0] ?? 0;
  if (bytes.every((byte) => byte === 0)) return "0.0.0.0 is not the address of a host";
  if (first === 0) return "addresses in 0.0.0.0/8 belong to no host";
  if (first === 127) return "it is a loopback address";
  if (bytes.every((byte) => byte === 255)) return "it is the broadcast address";
  if (first >= 240) return "addresses in 240.0.0.0/4 are reserved";
  return first >= 224 ? "it is a multicast address" : undefined;
}

function whyNotUnicast6(bytes: Uint8Array): string | undefined {
  const head = bytes.subarray(0, 10).every((byte) => byte === 0);
  if (bytes[0] === 0xff) return "it is a multicast address";
  if (head && bytes[10] === 0xff && bytes[11] === 0xff) return "write IPv4 addresses without ::ffff:";
  if (!bytes.subarray(0, 15).every((byte) => byte === 0)) return undefined;
  if (bytes[15] === 0) return ":: is not the address of a host";
  return bytes[15] === 1 ? "it is a loopback address" : undefined;
}

function allHostBits(bytes: Uint8Array, length: number, bit: 0 | 1): boolean {
  for (let i = length; i < bytes.length * 8; i++) {
    if ((((bytes[i >> 3] ?? 0) >> (7 - (i & 7))) & 1) !== bit) return false;
  }
  return true;
}
