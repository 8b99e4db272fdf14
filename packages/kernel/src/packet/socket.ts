import { close } from "node:fs";
import { check } from "../libc/errno.js";
import { AF_PACKET, libc, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_RAW } from "../libc/libc.js";
import { attachFilter } from "../socket/filter.js";

/** A socket for the frames of this interface that have this EtherType and pass the filter. @throws KernelError */
export function openPacketSocket(interfaceIndex: number, etherType: number, filter: Uint8Array): number {
  // Without a protocol until it is bound: it would receive from every interface.
  const socket = check(libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), "open packet socket");
  try {
    attachFilter(socket, filter);
    const address = linkAddress(interfaceIndex, etherType);
    check(libc.bind(socket, address, address.length), "bind packet socket");
    return socket;
  } catch (error) {
    closePacketSocket(socket);
    throw error;
  }
}

/** Its release waits for an RCU grace period, some 10 ms: that is for a thread of libuv's pool. */
export const closePacketSocket = (socket: number): void => close(socket, () => {});

/** The next frame that waits in the socket, as a view into `into`. */
export function receiveFrame(socket: number, into: Buffer): Buffer | undefined {
  const length = libc.recv(socket, into, into.length, MSG_DONTWAIT);
  return length < 0 ? undefined : into.subarray(0, length);
}

/** Sends a whole frame, from whatever packet socket. A negative result: the kernel refused. */
export function sendFrame(socket: number, interfaceIndex: number, frame: Buffer): number {
  const to = linkAddress(interfaceIndex, frame.readUInt16BE(12));
  return libc.sendto(socket, frame, frame.length, 0, to, to.length);
}

/** `struct sockaddr_ll`. */
function linkAddress(interfaceIndex: number, etherType: number): Buffer {
  const address = Buffer.alloc(20);
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16BE(etherType, 2);
  address.writeInt32LE(interfaceIndex, 4);
  address[11] = 6;
  return address;
}
