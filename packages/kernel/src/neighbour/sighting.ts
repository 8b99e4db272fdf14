import { addressBytes, addressFromBytes, type IpAddress } from "@vipair/model";
import { drop, dropUnless, keep, load8, load16, load32, skipUnless } from "../socket/filter.js";

/** What a frame shows about one of the addresses that are watched. */
export type Sighting =
  /** Somebody says that he has the address: an ARP packet in its name, or a neighbour advertisement. */
  | { readonly type: "answer"; readonly address: IpAddress; readonly mac: string }
  /** A frame for the address came to this host alone: its sender knows where the address is. */
  | { readonly type: "arrival"; readonly address: IpAddress; readonly source: IpAddress };

const icmp6 = 58;
const neighbourAdvertisement = 136;

/** Classic BPF: ARP in the name of one of the addresses, or to this host about one. */
export const arpFilter = (addresses: readonly IpAddress[]): Uint8Array =>
  Buffer.concat([
    // Ethernet and IPv4: hardware type 1, protocol type 0x0800, lengths 6 and 4.
    load32(14),
    ...dropUnless(0x0001_0800),
    load16(18),
    ...dropUnless(0x0604),
    ...keepIfOneOf(addresses, 28),
    ...onlyToThisHost,
    ...keepIfOneOf(addresses, 38),
    drop,
  ]);

/** Classic BPF: packets to one of the addresses in frames to this host alone. */
export const trafficFilter = (addresses: readonly IpAddress[]): Uint8Array =>
  Buffer.concat([...onlyToThisHost, ...keepIfOneOf(addresses, addresses[0]?.family === 6 ? 38 : 30), drop]);

/** Classic BPF: neighbour advertisements of one of the addresses that passed no router (RFC 4861 § 7.1.2). */
export const advertisementFilter = (addresses: readonly IpAddress[]): Uint8Array =>
  Buffer.concat([
    load8(20),
    ...dropUnless(icmp6),
    load8(21),
    ...dropUnless(255),
    load8(54),
    ...dropUnless(neighbourAdvertisement),
    ...keepIfOneOf(addresses, 62),
    drop,
  ]);

/** Reads a frame that one of the filters let pass. `own`: the hardware addresses of this host, which answer lawfully. */
export function readSighting(
  frame: Buffer,
  addresses: readonly IpAddress[],
  own: ReadonlySet<string>,
): Sighting | undefined {
  const find = (at: number, length: 4 | 16): IpAddress | undefined => {
    const { text } = addressFromBytes(frame.subarray(at, at + length));
    return addresses.find((address) => address.text === text);
  };
  const sender = frame
    .subarray(6, 12)
    .toString("hex", 0, 6)
    .replace(/..(?=.)/g, "$&:");
  const answer = (address: IpAddress | undefined, mac: string): Sighting | undefined =>
    address === undefined || own.has(mac) ? undefined : { type: "answer", address, mac };
  switch (frame.readUInt16BE(12)) {
    case 0x0806: {
      const claimed = find(28, 4);
      if (claimed !== undefined) return answer(claimed, sender);
      const address = find(38, 4);
      return address && { type: "arrival", address, source: addressFromBytes(frame.subarray(28, 32)) };
    }
    case 0x0800: {
      const address = find(30, 4);
      return address && { type: "arrival", address, source: addressFromBytes(frame.subarray(26, 30)) };
    }
    case 0x86dd: {
      const address = find(38, 16);
      if (address !== undefined) return { type: "arrival", address, source: addressFromBytes(frame.subarray(22, 38)) };
      return frame.length >= 78 && frame[54] === neighbourAdvertisement ? answer(find(62, 16), sender) : undefined;
    }
  }
  return undefined;
}

/** `SKF_AD_OFF + SKF_AD_PKTTYPE`: 0 for a frame to this host alone. */
const onlyToThisHost = [load32(0xffff_f004), ...dropUnless(0)];

/** Goes on behind it when none is at this offset. */
function keepIfOneOf(addresses: readonly IpAddress[], at: number): Buffer[] {
  return addresses.flatMap((address) => {
    const bytes = Buffer.from(addressBytes(address));
    const words = bytes.length / 4;
    const tests = Array.from({ length: words }, (_, word) => [
      load32(at + 4 * word),
      // To the end of this address's block: the tests that are left, and `keep`.
      skipUnless(bytes.readUInt32BE(4 * word), 2 * (words - word - 1) + 1),
    ]);
    return [...tests.flat(), keep];
  });
}
