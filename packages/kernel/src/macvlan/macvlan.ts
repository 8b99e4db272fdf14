/**
 * The devices of virtual routers: a macvlan for each, with the router's link-layer address, on the interface below.
 *
 *     not active    down: frames to the link-layer address are nobody's
 *     active        up, with the addresses
 *
 * Each is marked with an alias, by which a later run knows what an earlier one left behind; other devices of these names are
 * not touched. The mode is `bridge`: in `private` mode, a frame from the link-layer address that both nodes have, such as the
 * other node's advertisement, would go to this device alone and not to the interface below.
 */
import { writeFileSync } from "node:fs";
import type { Outcome, VirtualDevice } from "@vipair/model";
import { errno, errnoName, KernelError } from "../libc/errno.js";
import { AF_INET6 } from "../libc/libc.js";
import { findInterface, interfaceIndex } from "../link/link.js";
import { decodeAttributes, decodeString } from "../netlink/reader.js";
import { describeAnswer, type NetlinkSocket, NLM_F_CREATE, NLM_F_EXCL } from "../netlink/socket.js";
import type { NetlinkWriter } from "../netlink/writer.js";
import { outcomeOf } from "../outcome.js";
import { parseMac } from "../packet/mac.js";

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_LINK = 5;
const IFLA_LINKINFO = 18;
const IFLA_IFALIAS = 20;
const IFLA_AF_SPEC = 26;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const IFLA_MACVLAN_MODE = 1;
const MACVLAN_MODE_BRIDGE = 4;
const IFLA_INET6_ADDR_GEN_MODE = 8;
const IN6_ADDR_GEN_MODE_NONE = 1;
const IFF_UP = 1;
const alias = "vipair";

/**
 * Makes the devices, in place of those that an earlier run left behind: down, with nothing on them. One whose interface is
 * not there is made when it is raised.
 */
export function makeDevices(socket: NetlinkSocket, devices: readonly VirtualDevice[]): Outcome {
  const possible = devices.filter(({ parent }) => findInterface(parent) !== undefined);
  return outcomeOf([...removeLeftovers(socket), ...possible.flatMap((device) => make(socket, device))]);
}

/** Brings them up, and back if somebody removed one. */
export function raiseDevices(socket: NetlinkSocket, devices: readonly VirtualDevice[]): Outcome {
  return outcomeOf(
    devices.flatMap((device) => {
      const made = findInterface(device.name) === undefined ? make(socket, device) : [];
      return made.length > 0 ? made : setUp(socket, device, true);
    }),
  );
}

/** Takes them down; one that is gone is down. */
export function lowerDevices(socket: NetlinkSocket, devices: readonly VirtualDevice[]): Outcome {
  return outcomeOf(devices.flatMap((device) => setUp(socket, device, false)));
}

/** Removes every device that this product made here. */
export const removeDevices = (socket: NetlinkSocket): Outcome => outcomeOf(removeLeftovers(socket));

function removeLeftovers(socket: NetlinkSocket): string[] {
  const leftovers: number[] = [];
  const everything = (writer: NetlinkWriter) => writer.raw(Buffer.alloc(16));
  socket.dump(RTM_GETLINK, everything, ({ body }) => {
    const attributes = decodeAttributes(body, 16);
    const information = attributes.get(IFLA_LINKINFO);
    const kind = information === undefined ? undefined : decodeAttributes(information).get(IFLA_INFO_KIND);
    const isOurs = decodeString(attributes.get(IFLA_IFALIAS)) === alias && decodeString(kind) === "macvlan";
    if (isOurs) leftovers.push(body.readInt32LE(4));
  });
  return leftovers.flatMap((index) => request(socket, `remove device ${index}`, RTM_DELLINK, 0, { index }, () => {}));
}

function make(socket: NetlinkSocket, { name, parent, mac }: VirtualDevice): string[] {
  const below = findInterface(parent);
  if (below === undefined) return [`make ${name}: interface ${parent}: ENODEV`];
  const refused = request(socket, `make ${name}`, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, {}, (writer) => {
    writer.attributeString(IFLA_IFNAME, name).attributeU32(IFLA_LINK, below);
    writer.attribute(IFLA_ADDRESS, parseMac(mac));
    writer.nest(IFLA_LINKINFO, () => {
      writer.attributeString(IFLA_INFO_KIND, "macvlan");
      writer.nest(IFLA_INFO_DATA, () => writer.attributeU32(IFLA_MACVLAN_MODE, MACVLAN_MODE_BRIDGE));
    });
  });
  return refused.length > 0 ? refused : prepare(socket, name);
}

/**
 * What neither the device nor its neighbours may take wrong. RFC 9568 § 7.4: no interface identifier is derived from the
 * virtual link-layer address. The device answers for its own addresses alone, asks in the name of no other, and takes packets
 * from hosts whose route is through the interface below.
 */
function prepare(socket: NetlinkSocket, name: string): string[] {
  const refused = request(socket, `prepare ${name}`, RTM_NEWLINK, 0, { index: interfaceIndex(name) }, (writer) => {
    writer.attributeString(IFLA_IFALIAS, alias);
    writer.nest(IFLA_AF_SPEC, () =>
      writer.nest(AF_INET6, () => writer.attributeU8(IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE)),
    );
  });
  const settings: Readonly<Record<string, string>> = {
    [`ipv4/conf/${name}/arp_ignore`]: "1",
    [`ipv4/conf/${name}/arp_announce`]: "2",
    [`ipv4/conf/${name}/rp_filter`]: "2",
    [`ipv6/conf/${name}/accept_ra`]: "0",
  };
  return [...refused, ...Object.entries(settings).flatMap(([path, value]) => write(path, value))];
}

/** Of the device's own settings, which end with it; a kernel without the protocol has none. */
function write(path: string, value: string): string[] {
  try {
    writeFileSync(`/proc/sys/net/${path}`, value);
    return [];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? [] : [`set ${path}: ${code}`];
  }
}

function setUp(socket: NetlinkSocket, { name }: VirtualDevice, up: boolean): string[] {
  const index = findInterface(name);
  if (index === undefined) return up ? [`raise ${name}: ${errnoName(errno.ENODEV)}`] : [];
  const header = { index, flags: up ? IFF_UP : 0, change: IFF_UP };
  return request(socket, `${up ? "raise" : "lower"} ${name}`, RTM_NEWLINK, 0, header, () => {});
}

/** `struct ifinfomsg`. */
interface Header {
  readonly index?: number;
  readonly flags?: number;
  readonly change?: number;
}

/** One request, and what the kernel has against it. */
function request(
  socket: NetlinkSocket,
  subject: string,
  type: number,
  flags: number,
  { index = 0, flags: linkFlags = 0, change = 0 }: Header,
  attributes: (writer: NetlinkWriter) => void,
): string[] {
  const answer = socket.request(type, flags, (writer) => {
    writer.u8(0).u8(0).u16(0).u32(index).u32(linkFlags).u32(change);
    attributes(writer);
  });
  if (answer === undefined) throw new KernelError(subject, errno.EAGAIN);
  return answer.code === 0 ? [] : [describeAnswer(subject, answer)];
}
