import { addressBytes, addressFromBytes, type Family, type IpAddress } from "../address.js";

const dot = 46;
const zero = 48;

/** Writes the 4 or 16 bytes of the address. IPv4 has a path of its own: it is on the way of every connection. */
export function writeAddress(view: DataView, offset: number, { family, text }: IpAddress): void {
  if (family === 4) {
    view.setUint32(offset, parse4(text));
    return;
  }
  const bytes = addressBytes({ family, text });
  for (let i = 0; i < 16; i++) view.setUint8(offset + i, bytes[i] ?? 0);
}

export function readAddress(view: DataView, offset: number, family: Family): IpAddress {
  if (family === 6) return addressFromBytes(new Uint8Array(view.buffer, view.byteOffset + offset, 16));
  const value = view.getUint32(offset);
  return {
    family: 4,
    text: `${value >>> 24}.${(value >>> 16) & 0xff}.${(value >>> 8) & 0xff}.${value & 0xff}`,
  };
}

/** Of canonical text, as every address of the model is. */
function parse4(text: string): number {
  let value = 0;
  let part = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code !== dot) part = part * 10 + code - zero;
    else {
      value = (value << 8) | part;
      part = 0;
    }
  }
  return ((value << 8) | part) >>> 0;
}
