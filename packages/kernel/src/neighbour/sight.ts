import { networkInterfaces } from "node:os";
import type { Family, IpAddress } from "@vipair/model";
import { interfaceIndex, macAddress } from "../link/link.js";
import { formatMac } from "../packet/mac.js";
import { closePacketSocket, openPacketSocket, receiveFrame, sendFrame } from "../packet/socket.js";
import { encodeInquiry, encodeQuestion, etherType } from "./question.js";
import { advertisementFilter, arpFilter, readSighting, type Sighting, trafficFilter } from "./sighting.js";

/**
 * What can be seen on one interface of addresses that this host holds: who else answers for them, and what comes to them.
 * A socket for ARP is open all the time and costs packets of connections nothing. Those for IPv6 and for traffic see every
 * packet of their family pass their filter, so they are open only while that is wanted.
 *
 * Not for a process whose end others wait for: it takes some 10 ms for each socket that is open.
 */
export interface AddressSight {
  /** What has been seen since the last call. */
  read(): Sighting[];
  watchTraffic(on: boolean): void;
  /** Asks who else has the addresses. What is not ARP is heard until {@link rest}. */
  askForOthers(): void;
  rest(): void;
  /** Asks the neighbour in the name of one of the addresses: its answer is an arrival. */
  inquire(as: IpAddress, neighbour: IpAddress): void;
  close(): void;
}

/** More than headers nobody looks at. */
const longestFrame = 128;
/** So many at once: a flood is no reason to do nothing else. */
const mostFrames = 256;

/** @throws KernelError when there is no such interface, or the kernel refuses a socket */
export function openAddressSight(name: string, addresses: readonly IpAddress[]): AddressSight {
  const index = interfaceIndex(name);
  const mac = macAddress(name);
  const own = ownMacs().add(formatMac(mac));
  const of = (family: Family): IpAddress[] => addresses.filter((address) => address.family === family);
  const families = ([4, 6] as const).filter((family) => of(family).length > 0);
  const into = Buffer.alloc(longestFrame);
  const open = new Set<number>();
  const openSocket = (type: number, filter: Uint8Array): number => {
    const socket = openPacketSocket(index, type, filter);
    open.add(socket);
    return socket;
  };
  const closeSocket = (socket: number | undefined): void => {
    if (socket !== undefined && open.delete(socket)) closePacketSocket(socket);
  };

  const arp = openSocket(etherType(4), arpFilter(of(4)));
  let advertisements: number | undefined;
  let traffic: number[] = [];
  const send = (frame: Buffer): void => {
    // On an interface that is down nothing is sent, and nothing will be seen.
    sendFrame(arp, index, frame);
  };

  return {
    read: () => {
      const seen: Sighting[] = [];
      for (const socket of open) {
        for (let count = 0; count < mostFrames; count++) {
          const frame = receiveFrame(socket, into);
          if (frame === undefined) break;
          const sighting = readSighting(frame, addresses, own);
          if (sighting !== undefined && !seen.some((other) => isSame(other, sighting))) seen.push(sighting);
        }
      }
      return seen;
    },
    watchTraffic: (on) => {
      for (const socket of traffic) closeSocket(socket);
      traffic = on ? families.map((family) => openSocket(ipType[family], trafficFilter(of(family)))) : [];
    },
    askForOthers: () => {
      if (families.includes(6)) advertisements ??= openSocket(ipType[6], advertisementFilter(of(6)));
      for (const address of addresses) send(encodeQuestion(mac, address));
    },
    rest: () => {
      closeSocket(advertisements);
      advertisements = undefined;
    },
    inquire: (as, neighbour) => send(encodeInquiry(mac, as, neighbour)),
    close: () => {
      for (const socket of open) closeSocket(socket);
    },
  };
}

const ipType: Readonly<Record<Family, number>> = { 4: 0x0800, 6: 0x86dd };

function isSame(one: Sighting, other: Sighting): boolean {
  if (one.address.text !== other.address.text) return false;
  if (one.type === "answer") return other.type === "answer" && one.mac === other.mac;
  return other.type === "arrival" && one.source.text === other.source.text;
}

/** This host may answer on one interface for an address of another, with the hardware address of either. */
const ownMacs = (): Set<string> =>
  new Set(Object.values(networkInterfaces()).flatMap((entries = []) => entries.map(({ mac }) => mac)));
