/**
 *     this host                        neighbour
 *     192.0.2.1/24     v0 ──── v1      192.0.2.2/24
 *     2001:db8::1/64                   2001:db8::2/64
 */
import { addressBytes, parsePrefix, type VirtualAddress } from "@vipair/model";
import { check } from "../libc/errno.js";
import { AF_INET, AF_INET6, AF_PACKET, libc, MSG_DONTWAIT, SOCK_DGRAM, SOCK_RAW } from "../libc/libc.js";
import { interfaceIndex, macAddress } from "../link/link.js";
import { formatMac } from "../packet/mac.js";
import { type Host, openHost, run, until } from "./namespace.js";

const port = 9000;

export function virtualAddress(text: string, name = "v0"): VirtualAddress {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(text);
  return { prefix, interface: name };
}

/** What the neighbour, and a receiver on this host, see of the addresses. */
export interface Neighbour {
  readonly host: Host;
  readonly mac: Buffer;
  /** Asks who has the address (ARP request or neighbour solicitation); `true` when this host answers within `withinMs`. */
  resolves(address: string, withinMs?: number): Promise<boolean>;
  /** Sends UDP datagrams to the address until one arrives; `false` when none does within `withinMs`. */
  reaches(address: string, withinMs?: number): Promise<boolean>;
  /** Frames seen on the wire since the last call. */
  frames(): Buffer[];
  close(): Promise<void>;
}

/** Connects the host of the calling thread (see `enterNamespace`) with a neighbour. */
export async function openNeighbour(): Promise<Neighbour> {
  const host = await openHost();
  run(`ip link add v0 type veth peer name v1 netns ${host.pid}`);
  run("ip addr add 192.0.2.1/24 dev v0; ip addr add 2001:db8::1/64 dev v0 nodad; ip link set v0 up");
  host.run("sh -c 'ip addr add 192.0.2.2/24 dev v1; ip addr add 2001:db8::2/64 dev v1 nodad; ip link set v1 up'");
  const mac = macAddress("v0");
  const known = new Set<string>();
  const wire = host.inside(() => openWire("v1"));
  const receiver = openUdp(AF_INET6);
  const anyPort = Buffer.alloc(28);
  anyPort.writeUInt16LE(AF_INET6, 0);
  anyPort.writeUInt16BE(port, 2);
  check(libc.bind(receiver, anyPort, anyPort.length), "bind");
  const senders = host.inside(() => ({ 4: openUdp(AF_INET), 6: openUdp(AF_INET6) }));
  return {
    host,
    mac,
    resolves: (address, withinMs = 250) => resolves(wire, mac, address, withinMs),
    reaches: async (address, withinMs = 250) => {
      const { bytes, family, to } = socketAddress(address);
      // The neighbour knows where the address is, so that only the traffic is put to the test.
      if (!known.has(address)) host.run(`ip neigh replace ${address} lladdr ${formatMac(mac)} dev v1 nud permanent`);
      known.add(address);
      receiveAll(receiver);
      return within(withinMs, () => {
        libc.sendto(senders[family], bytes, bytes.length, 0, to, to.length);
        return receiveAll(receiver).length > 0;
      });
    },
    frames: () => receiveAll(wire),
    close: async () => {
      for (const fd of [wire, receiver, senders[4], senders[6]]) libc.close(fd);
      run("ip link del v0");
      await host.close();
    },
  };
}

function socketAddress(text: string): { bytes: Buffer; family: 4 | 6; to: Buffer } {
  const { address } = virtualAddress(`${text}/${text.includes(":") ? 64 : 24}`).prefix;
  const to = Buffer.alloc(address.family === 4 ? 16 : 28);
  to.writeUInt16LE(address.family === 4 ? AF_INET : AF_INET6, 0);
  to.writeUInt16BE(port, 2);
  to.set(addressBytes(address), address.family === 4 ? 4 : 8);
  return { bytes: Buffer.from("hello"), family: address.family, to };
}

const openUdp = (family: number): number => check(libc.socket(family, SOCK_DGRAM, 0), "udp socket");

/** A packet socket that sees every frame of the interface, in the network of the caller. */
function openWire(name: string): number {
  const everything = 0x0003;
  const fd = check(libc.socket(AF_PACKET, SOCK_RAW, 0), "packet socket");
  const address = Buffer.alloc(20);
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16BE(everything, 2);
  address.writeInt32LE(interfaceIndex(name), 4);
  check(libc.bind(fd, address, address.length), "bind packet socket");
  return fd;
}

function receiveAll(fd: number): Buffer[] {
  const frames: Buffer[] = [];
  for (;;) {
    const frame = Buffer.alloc(2048);
    const length = libc.recv(fd, frame, frame.length, MSG_DONTWAIT);
    // Nothing is left. The errno is not asked: a garbage collection in between makes system calls of its own.
    if (length < 0) return frames;
    frames.push(frame.subarray(0, length));
  }
}

async function within(timeMs: number, condition: () => boolean): Promise<boolean> {
  return until(condition, timeMs).then(
    () => true,
    () => false,
  );
}

async function resolves(wire: number, mac: Buffer, text: string, withinMs: number): Promise<boolean> {
  const { address } = virtualAddress(`${text}/${text.includes(":") ? 64 : 24}`).prefix;
  const wanted = Buffer.from(addressBytes(address));
  const question = address.family === 4 ? arpRequest(wanted) : neighbourSolicitation(wanted);
  receiveAll(wire);
  return within(withinMs, () => {
    check(libc.send(wire, question, question.length, 0), "send question");
    return receiveAll(wire).some((frame) => frame.subarray(6, 12).equals(mac) && answers(frame, wanted));
  });
}

function answers(frame: Buffer, wanted: Buffer): boolean {
  const type = frame.readUInt16BE(12);
  if (type === 0x0806) return frame[21] === 2 && frame.subarray(28, 32).equals(wanted);
  return type === 0x86dd && frame[20] === 58 && frame[54] === 136 && frame.subarray(62, 78).equals(wanted);
}

const askerMac = Buffer.from("020000000099", "hex");

function arpRequest(wanted: Buffer): Buffer {
  const header = Buffer.from("0806000108000604" + "0001", "hex");
  const asker = Buffer.from([192, 0, 2, 2]);
  return Buffer.concat([Buffer.alloc(6, 0xff), askerMac, header, askerMac, asker, Buffer.alloc(6), wanted]);
}

function neighbourSolicitation(wanted: Buffer): Buffer {
  const asker = Buffer.from(addressBytes(virtualAddress("2001:db8::2/64").prefix.address));
  const group = Buffer.concat([Buffer.from("ff0200000000000000000001ff", "hex"), wanted.subarray(13)]);
  const message = Buffer.concat([Buffer.from([135, 0, 0, 0, 0, 0, 0, 0]), wanted, Buffer.from([1, 1]), askerMac]);
  const pseudo = Buffer.concat([asker, group, Buffer.from([0, 0, 0, message.length, 0, 0, 0, 58]), message]);
  let sum = 0;
  for (let at = 0; at < pseudo.length; at += 2) sum += pseudo.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  message.writeUInt16BE(~sum & 0xffff, 2);
  const ip = Buffer.from([0x60, 0, 0, 0, 0, message.length, 58, 255]);
  const ethernet = Buffer.concat([
    Buffer.from("3333ff", "hex"),
    wanted.subarray(13),
    askerMac,
    Buffer.from("86dd", "hex"),
  ]);
  return Buffer.concat([ethernet, ip, asker, group, message]);
}
