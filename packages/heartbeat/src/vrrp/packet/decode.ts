import { addressFromBytes, type ChecksumReading, type IpAddress, millisOf } from "@vipair/model";
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
  wholeHops,
} from "./layout.js";

/** Why a datagram is discarded; each is a MUST of RFC 9568. */
export type AdvertisementError =
  | "wrongHops" // § 5.1.1.3, § 5.1.2.3
  | "incomplete" // § 7.1
  | "wrongVersion" // § 7.1
  | "wrongType" // § 5.2.2, § 7.1
  | "wrongChecksum" // § 5.2.8, § 7.1
  | "wrongRouterId" // § 7.1, erratum 8298
  | "noAddresses" // § 5.2.5, erratum 8299
  | "noInterval"; // § 7.1, erratum 8301

export type AdvertisementResult =
  | { readonly ok: true; readonly advertisement: Advertisement; readonly reading: ChecksumReading }
  | { readonly ok: false; readonly error: AdvertisementError };

/**
 * RFC 9568 § 7.1: reads an advertisement for the virtual router with this `routerId`. Never throws, whatever the bytes. Both
 * readings of the checksum of IPv4 are accepted; the result says which one was right.
 */
export function decodeAdvertisement(datagram: Datagram, routerId: number): AdvertisementResult {
  const error = malformed(datagram);
  if (error !== undefined) return { ok: false, error };
  const reading = checksumReading(datagram);
  if (reading === undefined) return { ok: false, error: "wrongChecksum" };
  const advertisement = read(datagram);
  const misfit = unsuitable(advertisement, routerId);
  return misfit === undefined ? { ok: true, advertisement, reading } : { ok: false, error: misfit };
}

function malformed({ source, hops, payload }: Datagram): AdvertisementError | undefined {
  if (hops !== wholeHops) return "wrongHops";
  const [versionAndType = 0, , , count = 0] = payload;
  // The version first: the other fields of a packet of another version are elsewhere.
  if (payload.length > 0 && versionAndType >> 4 !== vrrpVersion) return "wrongVersion";
  if (payload.length < fixedLength) return "incomplete";
  if ((versionAndType & 0x0f) !== advertisementType) return "wrongType";
  return payload.length < fixedLength + count * addressLength(source.family) ? "incomplete" : undefined;
}

/** How the sender read RFC 9568 § 5.2.8; `undefined` when the checksum is wrong either way. */
function checksumReading(datagram: Datagram): ChecksumReading | undefined {
  const { source, payload } = datagram;
  if (internetChecksum(pseudoHeader(datagram, payload.length), payload) === 0) return "pseudoHeader";
  return source.family === 4 && internetChecksum(payload) === 0 ? "message" : undefined;
}

function read({ source, payload }: Datagram): Advertisement {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const size = addressLength(source.family);
  const addresses: IpAddress[] = [];
  for (let index = 0; index < view.getUint8(offsets.count); index++) {
    const at = fixedLength + index * size;
    addresses.push(addressFromBytes(payload.subarray(at, at + size)));
  }
  return {
    routerId: view.getUint8(offsets.routerId),
    priority: view.getUint8(offsets.priority),
    // RFC 9568 § 5.2.6: the reserved bits above it are ignored.
    interval: millisOf((view.getUint16(offsets.interval) & mostCentiseconds) * 10),
    addresses,
  };
}

function unsuitable(advertisement: Advertisement, routerId: number): AdvertisementError | undefined {
  if (advertisement.routerId !== routerId) return "wrongRouterId";
  if (advertisement.addresses.length === 0) return "noAddresses";
  return advertisement.interval === 0 ? "noInterval" : undefined;
}
