import { close } from "node:fs";
import type { Outcome } from "@vipair/model";
import { formatPrefix, type VirtualAddress } from "@vipair/model";
import { check, KernelError } from "../libc/errno.js";
import { AF_PACKET, libc, SOCK_CLOEXEC, SOCK_RAW } from "../libc/libc.js";
import { interfaceIndex, macAddress } from "../link/link.js";
import { outcomeOf } from "../outcome.js";
import { encodeGratuitousArp, encodeNeighbourAdvertisement } from "./frames.js";

/**
 * Tells the neighbours where the addresses are now, so that they need not ask: gratuitous ARP in both forms, or a
 * neighbour advertisement, for each address on its interface. The frames pass no nftables hook.
 * @throws KernelError when the kernel refuses the socket
 */
export function announceAddresses(addresses: readonly VirtualAddress[]): Outcome {
  const socket = check(libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), "open packet socket");
  const errors: string[] = [];
  for (const address of addresses) {
    try {
      announce(socket, address);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      errors.push(`announce ${formatPrefix(address.prefix)}: ${error.message}`);
    }
  }
  // Its release waits for an RCU grace period, some 10 ms: neither this thread shall, nor the end of the process, by
  // which the peer learns of our death. So it is open only now, and closed on a thread of libuv's pool.
  close(socket, () => {});
  return outcomeOf(errors);
}

function announce(socket: number, { prefix: { address }, interface: name }: VirtualAddress): void {
  const mac = macAddress(name);
  const frames =
    address.family === 4
      ? [encodeGratuitousArp(mac, address, "request"), encodeGratuitousArp(mac, address, "reply")]
      : [encodeNeighbourAdvertisement(mac, address)];
  const to = Buffer.alloc(20);
  to.writeUInt16LE(AF_PACKET, 0);
  to.writeUInt16BE(address.family === 4 ? 0x0806 : 0x86dd, 2);
  to.writeInt32LE(interfaceIndex(name), 4);
  to[11] = 6;
  for (const frame of frames) check(libc.sendto(socket, frame, frame.length, 0, to, to.length), `send on ${name}`);
}
