import { readFileSync } from "node:fs";
import koffi from "koffi";

const libc = koffi.load("libc.so.6");
const socket = libc.func("int socket(int domain, int type, int protocol)");
const sendto = libc.func(
  "long sendto(int fd, const void *data, size_t length, int flags, const void *to, unsigned int size)",
);
const ifNameToIndex = libc.func("unsigned int if_nametoindex(const char *name)");

const PACKET = 17; // AF_PACKET
const RAW_NONBLOCKING = 3 | 0o4000; // SOCK_RAW | SOCK_NONBLOCK

/** Sends whole Ethernet frames on an interface. */
export class PacketSocket {
  readonly mac: Buffer;
  readonly #fd: number;
  readonly #to = Buffer.alloc(20);

  /** Throws where raw sockets are not permitted or the interface does not exist. */
  constructor(link: string) {
    this.mac = Buffer.from(readFileSync(`/sys/class/net/${link}/address`, "utf8").trim().replaceAll(":", ""), "hex");
    this.#fd = socket(PACKET, RAW_NONBLOCKING, 0);
    if (this.#fd < 0) throw new Error("no AF_PACKET socket");
    // struct sockaddr_ll
    this.#to.writeUInt16LE(PACKET, 0);
    this.#to.writeInt32LE(ifNameToIndex(link), 4);
    this.#to[11] = 6;
  }

  send(frame: Buffer): void {
    sendto(this.#fd, frame, frame.length, 0, this.#to, this.#to.length);
  }
}
