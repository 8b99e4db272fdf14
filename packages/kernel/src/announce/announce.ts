import type { Outcome } from "@vipair/model";
import { formatPrefix, type VirtualAddress } from "@vipair/model";
import { check, KernelError } from "../libc/errno.js";
import { AF_PACKET, libc, SOCK_CLOEXEC, SOCK_RAW } from "../libc/libc.js";
import { interfaceIndex, macAddress } from "../link/link.js";
import { outcomeOf } from "../outcome.js";
import { closePacketSocket, sendFrame } from "../packet/socket.js";
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
  // The end of the process, by which the peer learns of our death, shall not wait for the socket's: so it is open only now.
  closePacketSocket(socket);
  return outcomeOf(errors);
}

function announce(socket: number, { prefix: { address }, interface: name }: VirtualAddress): void {
  const mac = macAddress(name);
  const frames =
    address.family === 4
      ? [encodeGratuitousArp(mac, address, "request"), encodeGratuitousArp(mac, address, "reply")]
      : [encodeNeighbourAdvertisement(mac, address)];
  const index = interfaceIndex(name);
  for (const frame of frames) check(sendFrame(socket, index, frame), `send on ${name}`);
}
