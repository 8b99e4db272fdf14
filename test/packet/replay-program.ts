/**
 * Sends the UDP over IPv4 frames of a capture again, several times over. Their source MAC becomes our own, so that the
 * switch does not learn a wrong port. Their UDP checksum, which the sender left to its network card and which is wrong in
 * the capture, becomes 0: none (RFC 768). Everything else stays as it was captured.
 */
import { readFileSync } from "node:fs";
import { pause } from "../topology/clock.js";
import { readCapture } from "./capture-file.js";
import { PacketSocket } from "./socket.js";

const [link = "eth0", file = "", timesText = "1"] = process.argv.slice(2);
const socket = new PacketSocket(link);
const frames = readCapture(readFileSync(file));
for (let time = 0; time < Number(timesText); time++) {
  for (const frame of frames) {
    socket.mac.copy(frame, 6);
    frame.writeUInt16BE(0, udpChecksumAt(frame));
    socket.send(frame);
    await pause(2);
  }
}
console.log(frames.length);
process.exit(0);

function udpChecksumAt(frame: Buffer): number {
  const ethernetHeader = 14;
  const ipHeader = (frame.readUInt8(ethernetHeader) & 0x0f) * 4;
  return ethernetHeader + ipHeader + 6;
}
