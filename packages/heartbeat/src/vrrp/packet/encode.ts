import { addressBytes, type ChecksumReading } from "@vipair/model";
import { internetChecksum, pseudoHeader } from "./checksum.js";
import {
  type Advertisement,
  addressLength,
  advertisementType,
  type Datagram,
  fixedLength,
  mostCentiseconds,
  offsets,
  vrrpVersion,
} from "./layout.js";

/**
 * RFC 9568 § 7.2: the message to send from `source` to `destination`. `reading` is how the receivers read the checksum of an
 * IPv4 one. Throws a `RangeError` when a field does not fit: that is a bug of the caller.
 */
export function encodeAdvertisement(
  { routerId, priority, interval, addresses }: Advertisement,
  envelope: Pick<Datagram, "source" | "destination">,
  reading: ChecksumReading,
): Uint8Array {
  const { family } = envelope.source;
  const size = addressLength(family);
  const bytes = new Uint8Array(fixedLength + addresses.length * size);
  const view = new DataView(bytes.buffer);
  view.setUint8(offsets.versionAndType, (vrrpVersion << 4) | advertisementType);
  view.setUint8(offsets.routerId, within(routerId, 1, 255, "routerId"));
  view.setUint8(offsets.priority, within(priority, 0, 255, "priority"));
  view.setUint8(offsets.count, within(addresses.length, 1, 255, "count of addresses"));
  // RFC 9568 § 5.2.6: the reserved bits above the interval are 0.
  view.setUint16(offsets.interval, within(interval / 10, 1, mostCentiseconds, "interval in centiseconds"));
  for (const [index, address] of addresses.entries()) {
    // RFC 9568 § 5.2.9: the addresses are of the packet's family.
    if (address.family !== family) throw new RangeError(`${address.text} in a packet of IPv${family}`);
    bytes.set(addressBytes(address), fixedLength + index * size);
  }
  view.setUint16(offsets.checksum, checksumOf(bytes, envelope, reading));
  return bytes;
}

/** RFC 9568 § 5.2.8: IPv6 always has the pseudo-header. */
function checksumOf(bytes: Uint8Array, envelope: Pick<Datagram, "source" | "destination">, reading: ChecksumReading) {
  if (envelope.source.family === 4 && reading === "message") return internetChecksum(bytes);
  return internetChecksum(pseudoHeader(envelope, bytes.length), bytes);
}

function within(value: number, least: number, most: number, field: string): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`${field} ${value} is not a whole number from ${least} to ${most}`);
}
