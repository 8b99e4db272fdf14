import { addressBytes, type Family, type IpAddress } from "@vipair/model";
import { check } from "../libc/errno.js";
import { libc } from "../libc/libc.js";

const SOL_SOCKET = 1;
const SO_BINDTODEVICE = 25;

export const SOL_IP = 0;
export const IP_PKTINFO = 8;
const IP_TOS = 1;
const IP_TTL = 2;
const IP_MULTICAST_TTL = 33;
const IP_MULTICAST_LOOP = 34;
const IP_ADD_MEMBERSHIP = 35;
const IP_MULTICAST_ALL = 49;

export const SOL_IPV6 = 41;
export const IPV6_PKTINFO = 50;
export const IPV6_HOPLIMIT = 52;
const IPV6_UNICAST_HOPS = 16;
const IPV6_MULTICAST_HOPS = 18;
const IPV6_MULTICAST_LOOP = 19;
const IPV6_JOIN_GROUP = 20;
const IPV6_MULTICAST_ALL = 29;
const IPV6_RECVPKTINFO = 49;
const IPV6_RECVHOPLIMIT = 51;
const IPV6_TCLASS = 67;

/** RFC 9568 § 5.1.1.3, § 5.1.2.3. */
export const hops = 255;
/** Internetwork control: what routers tell each other goes before what they carry. */
export const trafficClass = 0xc0;

type Option = readonly [level: number, option: number, value: number];

const options: Readonly<Record<Family, readonly Option[]>> = {
  4: [
    [SOL_IP, IP_TTL, hops],
    [SOL_IP, IP_MULTICAST_TTL, hops],
    [SOL_IP, IP_MULTICAST_LOOP, 0],
    [SOL_IP, IP_MULTICAST_ALL, 0],
    [SOL_IP, IP_TOS, trafficClass],
  ],
  6: [
    [SOL_IPV6, IPV6_UNICAST_HOPS, hops],
    [SOL_IPV6, IPV6_MULTICAST_HOPS, hops],
    [SOL_IPV6, IPV6_MULTICAST_LOOP, 0],
    [SOL_IPV6, IPV6_MULTICAST_ALL, 0],
    [SOL_IPV6, IPV6_TCLASS, trafficClass],
    [SOL_IPV6, IPV6_RECVPKTINFO, 1],
    [SOL_IPV6, IPV6_RECVHOPLIMIT, 1],
  ],
};

/** @throws KernelError when the kernel refuses one */
export function setOptions(fd: number, family: Family): void {
  for (const [level, option, value] of options[family]) set(fd, level, option, int(value));
}

/** Only packets of this interface arrive, and packets leave only there. @throws KernelError */
export function bindToInterface(fd: number, name: string): void {
  set(fd, SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(`${name}\0`, "latin1"));
}

/** @throws KernelError */
export function joinGroup(fd: number, group: IpAddress, interfaceIndex: number): void {
  const bytes = addressBytes(group);
  // `struct ip_mreqn` has the interface's address in between.
  if (group.family === 4) set(fd, SOL_IP, IP_ADD_MEMBERSHIP, Buffer.concat([bytes, int(0), int(interfaceIndex)]));
  else set(fd, SOL_IPV6, IPV6_JOIN_GROUP, Buffer.concat([bytes, int(interfaceIndex)]));
}

function set(fd: number, level: number, option: number, value: Buffer): void {
  check(libc.setsockopt(fd, level, option, value, value.length), `set socket option ${level}/${option}`);
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
