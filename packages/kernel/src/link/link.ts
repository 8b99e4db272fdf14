/** Questions about one interface, asked with ioctl: they hold for the network namespace of the calling thread. */
import { check, errno, KernelError, lastErrno } from "../libc/errno.js";
import { AF_INET, addressOf, libc, SOCK_CLOEXEC, SOCK_DGRAM } from "../libc/libc.js";

const SIOCGIFFLAGS = 0x8913;
const SIOCGIFHWADDR = 0x8927;
const SIOCETHTOOL = 0x8946;
const ETHTOOL_GLINK = 0x0a;
const IFF_UP = 0x1;
const IFF_RUNNING = 0x40;

/** The interface's number; `undefined` when there is no such interface. */
export function findInterface(name: string): number | undefined {
  const index = libc.if_nametoindex(name);
  return index === 0 ? undefined : index;
}

/** @throws KernelError (ENODEV) when there is no such interface */
export function interfaceIndex(name: string): number {
  const index = findInterface(name);
  if (index === undefined) throw new KernelError(`interface ${name}`, errno.ENODEV);
  return index;
}

/** The interface's link-layer address. @throws KernelError when there is no such interface */
export function macAddress(name: string): Buffer {
  const request = interfaceRequest(name);
  check(libc.ioctl(questions(), SIOCGIFHWADDR, request), `interface ${name}`);
  return Buffer.from(request.subarray(18, 24));
}

/**
 * Whether the interface is up and has a carrier, asked of the driver: the kernel's own events about it may come up to a
 * second late when a link flaps. A missing interface is down.
 */
export function carrierUp(name: string): boolean {
  const request = interfaceRequest(name);
  if (libc.ioctl(questions(), SIOCGIFFLAGS, request) < 0) return false;
  const flags = request.readUInt16LE(16);
  if ((flags & IFF_UP) === 0) return false;
  const link = Buffer.alloc(8);
  link.writeUInt32LE(ETHTOOL_GLINK, 0);
  request.writeBigUInt64LE(addressOf(link), 16);
  if (libc.ioctl(questions(), SIOCETHTOOL, request) === 0) return link.readUInt32LE(4) !== 0;
  // Drivers without a carrier of their own (dummy) do not answer.
  return lastErrno() !== errno.ENODEV && (flags & IFF_RUNNING) !== 0;
}

/** `struct ifreq`: 16 bytes of name, 24 of union. */
function interfaceRequest(name: string): Buffer {
  const request = Buffer.alloc(40);
  request.write(name.slice(0, 15), 0, "latin1");
  return request;
}

let socket = -1;

function questions(): number {
  if (socket < 0) socket = check(libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "open socket");
  return socket;
}
