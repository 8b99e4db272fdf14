/** Questions about one interface, asked with ioctl: they hold for the network namespace of the calling thread. */
import { check, errno, KernelError, lastErrno } from "../libc/errno.js";
import { AF_INET, addressOf, libc, SOCK_CLOEXEC, SOCK_DGRAM } from "../libc/libc.js";

const SIOCGIFFLAGS = 0x8913;
const SIOCGIFHWADDR = 0x8927;
const SIOCETHTOOL = 0x8946;
const ETHTOOL_GLINK = 0x0a;
const ETHTOOL_GGRO = 0x2b;
const ETHTOOL_GCHANNELS = 0x3c;
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
 * A question to be asked again and again: whether the interface is up and has a carrier. It is asked of the driver, because
 * the kernel's own events about it may come up to a second late when a link flaps. A missing interface is down.
 */
export function openCarrier(name: string): () => boolean {
  const ask = openQuestion(name, ETHTOOL_GLINK, 1);
  return () => {
    // A driver is not asked while the interface is down: the kernel says so itself (net/ethtool/ioctl.c).
    const link = ask();
    if (link !== undefined) return link.readUInt32LE(0) !== 0;
    // Drivers without a carrier of their own (dummy) do not answer.
    return lastErrno() !== errno.ENODEV && isRunning(name);
  };
}

function isRunning(name: string): boolean {
  const request = interfaceRequest(name);
  if (libc.ioctl(questions(), SIOCGIFFLAGS, request) < 0) return false;
  const flags = request.readUInt16LE(16);
  return (flags & IFF_UP) !== 0 && (flags & IFF_RUNNING) !== 0;
}

/** Whether generic receive offload is on (`struct ethtool_value`); `undefined` when there is no such interface. */
export function receiveOffload(name: string): boolean | undefined {
  const answer = askDriver(name, ETHTOOL_GGRO, 1);
  return answer === undefined ? undefined : answer.readUInt32LE(0) !== 0;
}

/** The most receive queues that the driver offers (`struct ethtool_channels`); `undefined` where it does not say. */
export function mostReceiveQueues(name: string): number | undefined {
  const answer = askDriver(name, ETHTOOL_GCHANNELS, 8);
  if (answer === undefined) return undefined;
  const [maxRx, maxCombined] = [answer.readUInt32LE(0), answer.readUInt32LE(12)];
  return Math.max(maxRx, maxCombined);
}

const askDriver = (name: string, command: number, words: number): Buffer | undefined =>
  openQuestion(name, command, words)();

/**
 * What follows the command in the answer, so many words of 32 bits, the same bytes every time; `undefined` when the driver
 * has none.
 */
function openQuestion(name: string, command: number, words: number): () => Buffer | undefined {
  const answer = Buffer.alloc(4 + 4 * words);
  answer.writeUInt32LE(command, 0);
  const told = answer.subarray(4);
  const request = interfaceRequest(name);
  request.writeBigUInt64LE(addressOf(answer), 16);
  return () => (libc.ioctl(questions(), SIOCETHTOOL, request) === 0 ? told : undefined);
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
