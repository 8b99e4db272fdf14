import { type Flow, parseAddress } from "@vipair/model";
import fc from "fast-check";

const octet = fc.nat(255);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffff_ffff);
const ipv4 = fc.ipV4().map((text) => parseAddress(text));
const ipv6 = fc.ipV6().map((text) => parseAddress(text));
const tcp = fc.record({
  state: octet,
  scaleOriginal: octet,
  scaleReply: octet,
  flagsOriginal: octet,
  flagsReply: octet,
});

/** Any connection of either family, in any state and with any translation. */
export const flows = fc.constantFrom(ipv4, ipv6).chain((address) => {
  const tuple = fc.record({ source: address, destination: address, sourcePort: u16, destinationPort: u16 });
  return fc.record({
    protocol: octet,
    original: tuple,
    reply: tuple,
    status: u32,
    timeout: u32,
    mark: u32,
    tcp: fc.option(tcp, { nil: undefined }),
  }) as fc.Arbitrary<Flow>;
});
