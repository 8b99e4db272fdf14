import { recordAddressLength, recordFields } from "./layout.js";

/**
 * The key of a connection is its protocol and its original tuple: what the kernel finds it by. As text, one character for
 * each of its 13 or 37 bytes: equal keys, equal connections.
 */
export function recordKey(view: DataView, offset: number): string {
  let key = String.fromCharCode(
    view.getUint8(offset + recordFields.protocol),
    view.getUint8(offset + recordFields.portsOriginal),
    view.getUint8(offset + recordFields.portsOriginal + 1),
    view.getUint8(offset + recordFields.portsOriginal + 2),
    view.getUint8(offset + recordFields.portsOriginal + 3),
  );
  const end = offset + recordFields.addresses + 2 * recordAddressLength(view, offset);
  for (let at = offset + recordFields.addresses; at < end; at += 4) {
    key += String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
  }
  return key;
}
