/** Asks the whole network who has an address, again and again, and does not listen: tcpdump on the switch does. */
import { PacketSocket } from "../packet/socket.js";
import { monotonicMs } from "../topology/clock.js";

const [link = "eth0", own = "", wanted = "", intervalText = "10"] = process.argv.slice(2);
const intervalMs = Number(intervalText);

/** An ARP request (RFC 826) as an Ethernet frame to everybody. */
function request(mac: Buffer): Buffer {
  const ip = (text: string): Buffer => Buffer.from(text.split(".").map(Number));
  const head = Buffer.from([0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1]);
  return Buffer.concat([Buffer.alloc(6, 0xff), mac, head, mac, ip(own), Buffer.alloc(6), ip(wanted)]);
}

const socket = new PacketSocket(link);
const frame = request(socket.mac);
let due = monotonicMs();
const ask = (): void => {
  socket.send(frame);
  due = Math.max(due + intervalMs, monotonicMs());
  setTimeout(ask, due - monotonicMs());
};
ask();
process.on("disconnect", () => process.exit(0));
