/** Bytes that are too many for one response, to be fetched piece by piece. */
export interface Transfers {
  /** Keeps the bytes until the next offer, or until nobody has fetched for a while. */
  offer(bytes: Uint8Array): Offer;
  /** A piece in base64, from this offset on. @throws Error when the transfer is over */
  fetch(transfer: number, offset: number): string;
}

export interface Offer {
  readonly transfer: number;
  readonly length: number;
}

export const pieceBytes = 131_072;
const keptMs = 15_000;

export function openTransfers(): Transfers {
  let number = 0;
  let kept: Uint8Array | undefined;
  let expiry: NodeJS.Timeout | undefined;
  const keep = (bytes: Uint8Array | undefined): void => {
    kept = bytes;
    clearTimeout(expiry);
    if (bytes !== undefined) expiry = setTimeout(keep, keptMs, undefined).unref();
  };
  return {
    offer: (bytes) => {
      keep(bytes);
      return { transfer: ++number, length: bytes.length };
    },
    fetch: (transfer, offset) => {
      const bytes = transfer === number ? kept : undefined;
      if (bytes === undefined || offset >= bytes.length) throw new Error("there is nothing to fetch any more");
      const end = Math.min(bytes.length, offset + pieceBytes);
      keep(end < bytes.length ? bytes : undefined);
      return Buffer.from(bytes.buffer, bytes.byteOffset + offset, end - offset).toString("base64");
    },
  };
}

/** Fetches everything that was offered. @throws Error when a piece is not what it should be */
export async function fetchAll(length: number, fetch: (offset: number) => Promise<unknown>): Promise<Uint8Array> {
  const bytes = Buffer.alloc(length);
  for (let offset = 0; offset < length; ) {
    const text = await fetch(offset);
    const piece = typeof text === "string" ? Buffer.from(text, "base64") : Buffer.alloc(0);
    if (piece.length === 0 || offset + piece.length > length) throw new Error("the peer sent something else");
    piece.copy(bytes, offset);
    offset += piece.length;
  }
  return bytes;
}
