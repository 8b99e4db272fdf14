/**
 * Addresses of interfaces, by rtnetlink. Ours carry a finite life, so that they go away by themselves when nobody
 * lengthens it, and a mark (`IFA_PROTO`), so that a later run recognises them. They are never chosen as a source address:
 * IPv6 ones are deprecated from the start.
 */

import type { Outcome } from "@vipair/model";
import {
  addressBytes,
  addressFromBytes,
  formatPrefix,
  type Millis,
  type Prefix,
  type VirtualAddress,
} from "@vipair/model";
import { errno } from "../libc/errno.js";
import { AF_INET, AF_INET6 } from "../libc/libc.js";
import { findInterface } from "../link/link.js";
import { decodeAttributes, type NetlinkMessage } from "../netlink/reader.js";
import {
  describeAnswer,
  type NetlinkSocket,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_REPLACE,
  NLM_F_REQUEST,
} from "../netlink/socket.js";
import type { NetlinkWriter } from "../netlink/writer.js";
import { outcomeOf } from "../outcome.js";

const RTM_NEWADDR = 20;
export const RTM_DELADDR = 21;
const RTM_GETADDR = 22;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_CACHEINFO = 6;
const IFA_FLAGS = 8;
const IFA_PROTO = 11;
const IFA_F_NODAD = 0x02;
/** RT_SCOPE_UNIVERSE: valid everywhere. */
const scopeGlobal = 0;
/** Whose an address is, in `IFA_PROTO`: 18 is keepalived's number for routes, and stands for VRRP here as well. */
const protocolVrrp = 18;

/** An address as the kernel lists it. */
export interface ConfiguredAddress extends Located {
  /** Added by this product, in this run or an earlier one. */
  readonly ours: boolean;
}

/**
 * Adds the addresses, or lengthens the life of those that are there: all in one send. Those that can be added are, also
 * when others are refused.
 * @param validFor how long they live unless this is called again; rounded up to whole seconds
 */
export function addAddresses(socket: NetlinkSocket, addresses: readonly VirtualAddress[], validFor: Millis): Outcome {
  const seconds = Math.max(1, Math.ceil(validFor / 1000));
  const { present, missing } = locate(addresses);
  const change: Change = { verb: "add", type: RTM_NEWADDR, flags: NLM_F_CREATE | NLM_F_REPLACE, accepted: [] };
  const errors = perform(socket, change, present, (writer, { address }) => {
    const lifetime = Buffer.alloc(16);
    // An IPv6 address whose preferred life is over is never a source address. IPv4 has no such rule.
    lifetime.writeUInt32LE(address.family === 4 ? seconds : 0, 0);
    lifetime.writeUInt32LE(seconds, 4);
    writer.attribute(IFA_CACHEINFO, lifetime).attributeU8(IFA_PROTO, protocolVrrp);
    if (address.family === 6) writer.attributeU32(IFA_FLAGS, IFA_F_NODAD);
  });
  const unplaced = missing.map(
    ({ prefix, interface: name }) => `add ${formatPrefix(prefix)}: interface ${name}: ENODEV`,
  );
  return outcomeOf([...unplaced, ...errors]);
}

/** Removes the addresses; one that is not there, or whose interface is gone, is removed already. */
export function removeAddresses(socket: NetlinkSocket, addresses: readonly VirtualAddress[]): Outcome {
  return removeConfigured(socket, locate(addresses).present);
}

/** Removes addresses by interface index, as {@link listAddresses} gives them. */
export function removeConfigured(socket: NetlinkSocket, addresses: readonly Located[]): Outcome {
  const accepted = [errno.ENOENT, errno.EADDRNOTAVAIL, errno.ENODEV, errno.ENXIO];
  return outcomeOf(perform(socket, { verb: "remove", type: RTM_DELADDR, flags: 0, accepted }, addresses, () => {}));
}

/** Every address of every interface. @throws KernelError */
export function listAddresses(socket: NetlinkSocket): ConfiguredAddress[] {
  const addresses: ConfiguredAddress[] = [];
  const everything = (writer: NetlinkWriter) => writer.u8(0).u8(0).u8(0).u8(0).u32(0);
  socket.dump(RTM_GETADDR, everything, (message) => {
    const address = decodeAddress(message);
    if (address !== undefined) addresses.push(address);
  });
  return addresses;
}

/** Reads an RTM_NEWADDR or RTM_DELADDR message; `undefined` for other families than IP. */
export function decodeAddress({ body }: NetlinkMessage): ConfiguredAddress | undefined {
  const attributes = decodeAttributes(body, 8);
  const bytes = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
  const family = body[0];
  if (bytes === undefined || bytes.length !== (family === AF_INET ? 4 : family === AF_INET6 ? 16 : -1))
    return undefined;
  return {
    prefix: { address: addressFromBytes(bytes), length: body[1] ?? 0 },
    interfaceIndex: body.readUInt32LE(4),
    ours: attributes.get(IFA_PROTO)?.[0] === protocolVrrp,
  };
}

interface Located {
  readonly prefix: Prefix;
  readonly interfaceIndex: number;
}

interface Change {
  readonly verb: string;
  readonly type: number;
  readonly flags: number;
  /** Errors that mean there was nothing to do. */
  readonly accepted: readonly number[];
}

function locate(addresses: readonly VirtualAddress[]): { present: Located[]; missing: VirtualAddress[] } {
  const present: Located[] = [];
  const missing: VirtualAddress[] = [];
  for (const address of addresses) {
    const index = findInterface(address.interface);
    if (index === undefined) missing.push(address);
    else present.push({ prefix: address.prefix, interfaceIndex: index });
  }
  return { present, missing };
}

/** One request for each address in one send; what the kernel refused, and what it left unanswered. */
function perform(
  socket: NetlinkSocket,
  { verb, type, flags, accepted }: Change,
  addresses: readonly Located[],
  attributes: (writer: NetlinkWriter, prefix: Prefix) => void,
): string[] {
  if (addresses.length === 0) return [];
  const writer = socket.writer();
  const unanswered = new Map<number, string>();
  for (const { prefix, interfaceIndex } of addresses) {
    const sequence = socket.nextSequence();
    unanswered.set(sequence, `${verb} ${formatPrefix(prefix)}`);
    writer.message(type, flags | NLM_F_REQUEST | NLM_F_ACK, sequence, () => {
      const bytes = addressBytes(prefix.address);
      writer
        .u8(prefix.address.family === 4 ? AF_INET : AF_INET6)
        .u8(prefix.length)
        .u8(0)
        .u8(scopeGlobal);
      writer.u32(interfaceIndex).attribute(IFA_LOCAL, bytes).attribute(IFA_ADDRESS, bytes);
      attributes(writer, prefix);
    });
  }
  const errors: string[] = [];
  for (const answer of socket.exchange(writer.written)) {
    const subject = unanswered.get(answer.sequence);
    unanswered.delete(answer.sequence);
    if (subject === undefined || answer.code === 0 || accepted.includes(answer.code)) continue;
    errors.push(describeAnswer(subject, answer));
  }
  return [...errors, ...Array.from(unanswered.values(), (subject) => `${subject}: no answer from the kernel`)];
}
