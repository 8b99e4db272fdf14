import { recordAddressLength, recordFields } from "@vipair/model";
import { finish, mix } from "./mix.js";

/** Connections are compared in this many groups. */
export const bucketCount = 1024;

/** 32 bits over the key (see `recordKey`), the same on both nodes: it picks the bucket, and a table's place after it was salted. */
export function keyHash(view: DataView, offset: number): number {
  let hash = mix(view.getUint8(offset + recordFields.protocol), view.getUint32(offset + recordFields.portsOriginal));
  const end = offset + recordFields.addresses + 2 * recordAddressLength(view, offset);
  for (let at = offset + recordFields.addresses; at < end; at += 4) hash = mix(hash, view.getUint32(at));
  return finish(hash);
}

export const bucketOf = (hash: number): number => hash & (bucketCount - 1);

/** Whether two records are of the same connection. */
export function sameKey(a: DataView, at: number, b: DataView, bt: number): boolean {
  if (a.getUint16(at) !== b.getUint16(bt)) return false;
  if (a.getUint32(at + recordFields.portsOriginal) !== b.getUint32(bt + recordFields.portsOriginal)) return false;
  const end = recordFields.addresses + 2 * recordAddressLength(a, at);
  for (let i = recordFields.addresses; i < end; i += 4) if (a.getUint32(at + i) !== b.getUint32(bt + i)) return false;
  return true;
}
