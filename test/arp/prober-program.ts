/** Asks the whole network who has an address, again and again, and does not listen: tcpdump on the switch does. */
import { readFileSync } from "node:fs";
import koffi from "koffi";
import { monotonicMs } from "../topology/clock.js";

const [link = "eth0", own = "", wanted = "", intervalText = "10"] = process.argv.slice(2);
const intervalMs = Number(intervalText);

const libc = koffi.load("libc.so.6");
const socket = libc.func("int socket(int domain, int type, int protocol)");
const sendto = libc.func(
  "long sendto(int fd, const void *data, size_t length, int flags, const void *to, unsigned int size)",
);
const ifNameToIndex = libc.func("unsigned int if_nametoindex(const char *name)");

const PACKET = 17; // AF_PACKET
const RAW_NONBLOCKING = 3 | 0o4000; // SOCK_RAW | SOCK_NONBLOCK
const ETHERTYPE_ARP = 0x0806;

/** An ARP request (RFC 826) as an Ethernet frame to everybody. */
function request(): Buffer {
  const mac = Buffer.from(readFileSync(`/sys/class/net/${link}/address`, "utf8").trim().replaceAll(":", ""), "hex");
  const ip = (text: string): Buffer => Buffer.from(text.split(".").map(Number));
  const head = Buffer.from([ETHERTYPE_ARP >> 8, ETHERTYPE_ARP & 0xff, 0, 1, 8, 0, 6, 4, 0, 1]);
  return Buffer.concat([Buffer.alloc(6, 0xff), mac, head, mac, ip(own), Buffer.alloc(6), ip(wanted)]);
}

/** `struct sockaddr_ll`. */
function linkAddress(): Buffer {
  const address = Buffer.alloc(20);
  address.writeUInt16LE(PACKET, 0);
  address.writeUInt16BE(ETHERTYPE_ARP, 2);
  address.writeInt32LE(ifNameToIndex(link), 4);
  address[11] = 6;
  address.fill(0xff, 12, 18);
  return address;
}

const fd: number = socket(PACKET, RAW_NONBLOCKING, 0);
if (fd < 0) throw new Error("no AF_PACKET socket");
const frame = request();
const to = linkAddress();
let due = monotonicMs();
const ask = (): void => {
  sendto(fd, frame, frame.length, 0, to, to.length);
  due = Math.max(due + intervalMs, monotonicMs());
  setTimeout(ask, due - monotonicMs());
};
ask();
process.on("disconnect", () => process.exit(0));
