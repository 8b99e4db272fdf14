import { fields } from "./layout.js";
import { finish, mix } from "./mix.js";

/** Connections are compared in this many groups. */
export const bucketCount = 1024;

/**
 * The key of a connection is its protocol and its original tuple: what the kernel finds it by. As text: 13 or 37
 * characters of one byte each. The tables do without it, see `table`; it is for callers that need a key for a Map.
 */
export function recordKey(view: DataView, offset: number): string {
  let key = String.fromCharCode(
    view.getUint8(offset + fields.protocol),
    view.getUint8(offset + fields.portsOriginal),
    view.getUint8(offset + fields.portsOriginal + 1),
    view.getUint8(offset + fields.portsOriginal + 2),
    view.getUint8(offset + fields.portsOriginal + 3),
  );
  const end = offset + fields.addresses + keyAddresses(view, offset);
  for (let at = offset + fields.addresses; at < end; at += 4) {
    key += String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
  }
  return key;
}

/** 32 bits over the key, the same on both nodes: it picks the bucket, and a table's place after it was salted. */
export function keyHash(view: DataView, offset: number): number {
  let hash = mix(view.getUint8(offset + fields.protocol), view.getUint32(offset + fields.portsOriginal));
  const end = offset + fields.addresses + keyAddresses(view, offset);
  for (let at = offset + fields.addresses; at < end; at += 4) hash = mix(hash, view.getUint32(at));
  return finish(hash);
}

export const bucketOf = (hash: number): number => hash & (bucketCount - 1);

/** Whether two records are of the same connection. */
export function sameKey(a: DataView, at: number, b: DataView, bt: number): boolean {
  if (a.getUint16(at) !== b.getUint16(bt)) return false;
  if (a.getUint32(at + fields.portsOriginal) !== b.getUint32(bt + fields.portsOriginal)) return false;
  const end = fields.addresses + keyAddresses(a, at);
  for (let i = fields.addresses; i < end; i += 4) if (a.getUint32(at + i) !== b.getUint32(bt + i)) return false;
  return true;
}

/** Bytes of the original addresses. */
const keyAddresses = (view: DataView, offset: number): number => (view.getUint8(offset) === 4 ? 8 : 32);
