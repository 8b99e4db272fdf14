/** Frames on the lifeline: a length of two bytes in network order, then the packet. An empty frame says farewell. */
export function encodeFrame(packet: Uint8Array): Buffer {
  const frame = Buffer.alloc(2 + packet.length);
  frame.writeUInt16BE(packet.length, 0);
  frame.set(packet, 2);
  return frame;
}

/** Ten times what a packet needs. */
const longestFrame = 1_024;

/** Cuts a byte stream into frames; answers `false` when the stream cannot be ours and should be closed. */
export function openFrameReader(listener: (frame: Uint8Array) => void): (bytes: Uint8Array) => boolean {
  let rest: Uint8Array = new Uint8Array(0);
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    for (;;) {
      const [high, low] = rest;
      if (high === undefined || low === undefined) break;
      const length = (high << 8) | low;
      if (length > longestFrame) return false;
      if (rest.length < 2 + length) break;
      const frame = rest.subarray(2, 2 + length);
      rest = rest.subarray(2 + length);
      listener(frame);
    }
    return true;
  };
}
