/**
 * Sends the frames of a capture again, several times over. Their source MAC becomes our own, so that the switch does not
 * learn a wrong port; everything above it stays as it was captured.
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
    socket.send(frame);
    await pause(2);
  }
}
console.log(frames.length);
process.exit(0);
