/** The frames of a capture as `tcpdump -w` writes it on this machine (pcap, little endian). Throws on anything else. */
export function readCapture(file: Buffer): Buffer[] {
  const magic = file.length >= 24 ? file.readUInt32LE(0) : 0;
  if (magic !== 0xa1b2c3d4 && magic !== 0xa1b23c4d) throw new Error("not a little-endian pcap file");
  const frames: Buffer[] = [];
  for (let at = 24; at + 16 <= file.length; ) {
    const length = file.readUInt32LE(at + 8);
    frames.push(Buffer.from(file.subarray(at + 16, at + 16 + length)));
    at += 16 + length;
  }
  return frames;
}
