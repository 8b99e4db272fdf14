/**
 * A raw socket for IP protocol 112, through the C library: the npm package `raw-socket` tells neither the hop limit of an
 * IPv6 packet nor where a packet came to, and does not build everywhere. The checksum of VRRP is the caller's.
 *
 * libuv polls no raw socket: {@link watchReadable} tells when there is something to receive.
 */
import { addressBytes, addressFromBytes, type Family, type IpAddress, type Outcome } from "@vipair/model";
import { check, KernelError, lastErrno } from "../libc/errno.js";
import { AF_INET, AF_INET6, AF_PACKET, libc, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_RAW } from "../libc/libc.js";
import { interfaceIndex } from "../link/link.js";
import { attempt, done } from "../outcome.js";
import { parseMac } from "../packet/mac.js";
import { closePacketSocket, sendFrame } from "../packet/socket.js";
import { encodeVrrpFrame, protocolVrrp } from "./frame.js";
import { MessageBuffer } from "./message.js";
import {
  bindToInterface,
  IP_PKTINFO,
  IPV6_HOPLIMIT,
  IPV6_PKTINFO,
  joinGroup,
  SOL_IP,
  SOL_IPV6,
  setOptions,
} from "./options.js";

/** A packet without its header, but with what of it matters. */
export interface VrrpPacket {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** TTL or hop limit. */
  readonly hops: number;
  readonly payload: Uint8Array;
}

export interface VrrpSocketOptions {
  readonly family: Family;
  /** Multicast: the group that is joined on this interface, and nothing else is sent or received. */
  readonly multicast: Multicast | undefined;
}

export interface Multicast {
  readonly interface: string;
  readonly group: IpAddress;
  /** `00:00:5e:00:01:33`: what is sent comes from this link-layer address; left out, from the interface's. */
  readonly mac?: string;
}

/** More than 255 IPv6 addresses need, with an IPv4 header of any length. */
const longestPacket = 8_192;

export class VrrpSocket {
  readonly #family: Family;
  readonly #interfaceIndex: number;
  readonly #incoming = new MessageBuffer(longestPacket);
  readonly #outgoing = new MessageBuffer(longestPacket);
  #fd: number;
  /** Sends whole frames: an IP socket has no say in the link-layer address. */
  #frames: { readonly socket: number; readonly mac: Buffer } | undefined;

  /** @throws KernelError when the kernel refuses the socket, or there is no such interface */
  constructor({ family, multicast }: VrrpSocketOptions) {
    this.#family = family;
    this.#interfaceIndex = multicast === undefined ? 0 : interfaceIndex(multicast.interface);
    const domain = family === 4 ? AF_INET : AF_INET6;
    this.#fd = check(libc.socket(domain, SOCK_RAW | SOCK_CLOEXEC, protocolVrrp), "open VRRP socket");
    try {
      setOptions(this.#fd, family);
      if (multicast === undefined) return;
      bindToInterface(this.#fd, multicast.interface);
      joinGroup(this.#fd, multicast.group, this.#interfaceIndex);
      if (multicast.mac !== undefined) this.#openFrames(multicast.mac);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get fd(): number {
    return this.#fd;
  }

  /** Sends with TTL or hop limit 255 from this source, which the node must have. Never waits. */
  send(source: IpAddress, destination: IpAddress, payload: Uint8Array): Outcome {
    return attempt(() => {
      if (this.#frames !== undefined) {
        const frame = encodeVrrpFrame(this.#frames.mac, source, destination, payload);
        check(sendFrame(this.#frames.socket, this.#interfaceIndex, frame), `send to ${destination.text}`);
        return done;
      }
      const message = this.#outgoing;
      message.bytes.set(payload);
      const name = this.#writeName(message.name, destination);
      const control = this.#writeSource(message, source);
      message.setLengths(name, control, payload.length);
      check(libc.sendmsg(this.#fd, message.header, MSG_DONTWAIT), `send to ${destination.text}`);
      return done;
    });
  }

  /** The next packet that is there; `undefined` when there is none. Never waits. */
  receive(): VrrpPacket | undefined {
    const message = this.#incoming.makeRoom();
    const length = libc.recvmsg(this.#fd, message.header, MSG_DONTWAIT);
    // Nothing is left, or an error of an earlier packet, which is none of a receiver's concern.
    if (length < 0) return undefined;
    return this.#family === 4 ? readIpv4(message, length) : readIpv6(message, length);
  }

  close(): void {
    if (this.#frames !== undefined) closePacketSocket(this.#frames.socket);
    this.#frames = undefined;
    if (this.#fd < 0) return;
    libc.close(this.#fd);
    this.#fd = -1;
  }

  /** Receives nothing: it has no protocol. */
  #openFrames(mac: string): void {
    const socket = check(libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), "open packet socket");
    this.#frames = { socket, mac: parseMac(mac) };
  }

  /** `struct sockaddr_in` or `sockaddr_in6`. */
  #writeName(name: Buffer, { family, text }: IpAddress): number {
    const bytes = addressBytes({ family, text });
    name.fill(0);
    name.writeUInt16LE(family === 4 ? AF_INET : AF_INET6, 0);
    name.set(bytes, family === 4 ? 4 : 8);
    if (family === 6) name.writeUInt32LE(this.#interfaceIndex, 24);
    return family === 4 ? 16 : 28;
  }

  /** `struct in_pktinfo` or `in6_pktinfo`: the interface, and the source address. */
  #writeSource(message: MessageBuffer, source: IpAddress): number {
    const bytes = addressBytes(source);
    const index = Buffer.alloc(4);
    index.writeInt32LE(this.#interfaceIndex);
    return source.family === 4
      ? message.writeControl(SOL_IP, IP_PKTINFO, Buffer.concat([index, bytes, Buffer.alloc(4)]))
      : message.writeControl(SOL_IPV6, IPV6_PKTINFO, Buffer.concat([bytes, index]));
  }
}

/** The kernel hands over IPv4 packets with their header. */
function readIpv4({ bytes }: MessageBuffer, length: number): VrrpPacket {
  const headerLength = ((bytes[0] ?? 0) & 0x0f) * 4;
  return {
    source: addressFromBytes(bytes.subarray(12, 16)),
    destination: addressFromBytes(bytes.subarray(16, 20)),
    hops: bytes[8] ?? 0,
    payload: Uint8Array.from(bytes.subarray(headerLength, length)),
  };
}

function readIpv6(message: MessageBuffer, length: number): VrrpPacket {
  const information = message.readControl(SOL_IPV6, IPV6_PKTINFO);
  const hops = message.readControl(SOL_IPV6, IPV6_HOPLIMIT);
  if (information === undefined || hops === undefined) throw new KernelError("receive VRRP packet", lastErrno());
  return {
    source: addressFromBytes(message.name.subarray(8, 24)),
    destination: addressFromBytes(information.subarray(0, 16)),
    hops: hops.readInt32LE(0),
    payload: Uint8Array.from(message.bytes.subarray(0, length)),
  };
}
