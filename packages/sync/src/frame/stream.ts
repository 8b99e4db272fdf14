import { headerLength, versionBits } from "./frame.js";

/** Marks the frame as one of this stream, 0 to 15. */
export function writeStream(frame: Uint8Array, stream: number): void {
  frame[1] = ((frame[1] ?? 0) & versionBits) | (stream << 4);
}

/** The stream of a frame; `undefined` when there are too few bytes for one. */
export const readStream = (frame: Uint8Array): number | undefined =>
  frame.length < headerLength ? undefined : (frame[1] ?? 0) >> 4;
