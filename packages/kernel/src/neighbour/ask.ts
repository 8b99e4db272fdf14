import { close } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { addressBytes, type IpAddress, type Millis } from "@vipair/model";
import { check } from "../libc/errno.js";
import { AF_PACKET, libc, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_RAW } from "../libc/libc.js";
import { interfaceIndex, macAddress } from "../link/link.js";
import { attachFilter } from "../socket/filter.js";
import { answersFor, encodeQuestion, etherType, questionFilter } from "./question.js";

const lookEveryMs = 5;
/** A question or its answer may be lost. */
const askEveryMs = 100;
const longestFrame = 256;

/**
 * Asks on the interface who has the address, as a host does that looks whether an address is free: an ARP probe
 * (RFC 5227 § 2.1.1) or a neighbour solicitation from the unspecified address (RFC 4862 § 5.4.2). Neither tells the
 * neighbour anything of this host, and both are answered by whoever has the address. It is asked again until it answers.
 *
 * @returns whether an answer came in time; `false` as well when the interface is down
 * @throws KernelError when there is no such interface, or the kernel refuses the socket
 */
export async function askNeighbour(name: string, address: IpAddress, timeout: Millis): Promise<boolean> {
  const index = interfaceIndex(name);
  const question = encodeQuestion(macAddress(name), address);
  const socket = check(libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), "open packet socket");
  try {
    attachFilter(socket, questionFilter(address.family));
    bindTo(socket, index, etherType(address.family));
    const deadline = performance.now() + timeout;
    for (;;) {
      if (libc.send(socket, question, question.length, 0) < 0) return false;
      const patience = Math.min(deadline, performance.now() + askEveryMs);
      if (await hearsAnswer(socket, address, patience)) return true;
      if (performance.now() >= deadline) return false;
    }
  } finally {
    // Its release waits for an RCU grace period: on a thread of libuv's pool.
    close(socket, () => {});
  }
}

async function hearsAnswer(socket: number, address: IpAddress, deadline: number): Promise<boolean> {
  const wanted = addressBytes(address);
  const frame = Buffer.alloc(longestFrame);
  for (;;) {
    // What is left in the socket is read before time counts: this process may have been kept from looking.
    const isLate = performance.now() >= deadline;
    for (;;) {
      const length = libc.recv(socket, frame, frame.length, MSG_DONTWAIT);
      if (length < 0) break;
      if (answersFor(frame.subarray(0, length), wanted)) return true;
    }
    if (isLate) return false;
    await pause(lookEveryMs);
  }
}

/** `struct sockaddr_ll`. */
function bindTo(socket: number, index: number, protocol: number): void {
  const to = Buffer.alloc(20);
  to.writeUInt16LE(AF_PACKET, 0);
  to.writeUInt16BE(protocol, 2);
  to.writeInt32LE(index, 4);
  check(libc.bind(socket, to, to.length), "bind packet socket");
}
