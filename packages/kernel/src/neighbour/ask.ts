import { setTimeout as pause } from "node:timers/promises";
import { addressBytes, type IpAddress, type Millis } from "@vipair/model";
import { libc } from "../libc/libc.js";
import { interfaceIndex, macAddress } from "../link/link.js";
import { closePacketSocket, openPacketSocket, receiveFrame } from "../packet/socket.js";
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
  const question = encodeQuestion(macAddress(name), address);
  const socket = openPacketSocket(interfaceIndex(name), etherType(address.family), questionFilter(address.family));
  try {
    const deadline = performance.now() + timeout;
    for (;;) {
      if (libc.send(socket, question, question.length, 0) < 0) return false;
      const patience = Math.min(deadline, performance.now() + askEveryMs);
      if (await hearsAnswer(socket, address, patience)) return true;
      if (performance.now() >= deadline) return false;
    }
  } finally {
    closePacketSocket(socket);
  }
}

async function hearsAnswer(socket: number, address: IpAddress, deadline: number): Promise<boolean> {
  const wanted = addressBytes(address);
  const into = Buffer.alloc(longestFrame);
  for (;;) {
    // What is left in the socket is read before time counts: this process may have been kept from looking.
    const isLate = performance.now() >= deadline;
    for (let frame = receiveFrame(socket, into); frame !== undefined; frame = receiveFrame(socket, into)) {
      if (answersFor(frame, wanted)) return true;
    }
    if (isLate) return false;
    await pause(lookEveryMs);
  }
}
