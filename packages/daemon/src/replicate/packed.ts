import { recordLength, type TakeConnection } from "@vipair/sync";

const pieceLength = 65_536;

/** All records of a listing, one behind the other, in pieces that a store takes without a pause to speak of. */
export function packed(each: (take: TakeConnection) => void): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let piece = new Uint8Array(pieceLength);
  let length = 0;
  const cut = (): void => {
    if (length > 0) pieces.push(piece.subarray(0, length));
    length = 0;
  };
  each((view, offset) => {
    const bytes = recordLength(view, offset);
    if (length + bytes > pieceLength) cut();
    if (length === 0) piece = new Uint8Array(pieceLength);
    piece.set(new Uint8Array(view.buffer, view.byteOffset + offset, bytes), length);
    length += bytes;
  });
  cut();
  return pieces;
}
