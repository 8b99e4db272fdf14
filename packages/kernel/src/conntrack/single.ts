/** One connection at a time, asked and told by its tuple. */
import { addressBytes, type Flow, protocols, type Tuple } from "@vipair/model";
import { errno, KernelError } from "../libc/errno.js";
import { AF_INET, AF_INET6 } from "../libc/libc.js";
import type { NetlinkMessage } from "../netlink/reader.js";
import type { NetlinkSocket } from "../netlink/socket.js";
import type { NetlinkWriter } from "../netlink/writer.js";
import * as ct from "./attributes.js";
import { decodeSlot } from "./decode.js";
import { flowSlot, readFlow } from "./slot.js";

/** `struct nlmsghdr`. */
const headerLength = 16;

/**
 * The connection that packets with this tuple belong to, whichever of its two directions that is.
 * @param protocol see `protocols`
 * @throws KernelError when the kernel refuses
 */
export function findFlow(socket: NetlinkSocket, protocol: number, tuple: Tuple): Flow | undefined {
  let found: Flow | undefined;
  const code = request(socket, ct.IPCTNL_MSG_CT_GET, protocol, tuple, undefined, ({ body }) => {
    const slot = new DataView(new ArrayBuffer(flowSlot.size));
    // The body is a view into the datagram: its header stands before it.
    const datagram = new DataView(body.buffer);
    if (decodeSlot(datagram, body.byteOffset - headerLength, slot, 0)) found = readFlow(slot, 0);
  });
  if (code !== 0 && code !== errno.ENOENT) throw new KernelError("find connection", code);
  return found;
}

/**
 * Lets the connection last for so many seconds from now, although conntrack does not see its packets. What conntrack
 * remembers of TCP's sequence numbers is older and older then, so it is made to forget the highest acknowledgement: it would
 * measure a reset by that, and take the connection for established for days.
 * @returns whether it was there
 * @throws KernelError when the kernel refuses
 */
export function refreshFlow(socket: NetlinkSocket, { protocol, original }: Flow, seconds: number): boolean {
  const code = request(socket, ct.IPCTNL_MSG_CT_NEW, protocol, original, (writer) => {
    writer.attributeBe32(ct.CTA_TIMEOUT, Math.max(1, Math.floor(seconds)));
    if (protocol !== protocols.tcp) return;
    writer.nest(ct.CTA_PROTOINFO, () => {
      writer.nest(ct.CTA_PROTOINFO_TCP, () => {
        writer.attribute(ct.CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, withoutHighest);
        writer.attribute(ct.CTA_PROTOINFO_TCP_FLAGS_REPLY, withoutHighest);
      });
    });
  });
  if (code !== 0 && code !== errno.ENOENT) throw new KernelError("refresh connection", code);
  return code === 0;
}

/** `struct nf_ct_tcp_flags`: no flags, and the mask of those that change. */
const withoutHighest = Uint8Array.of(0, ct.IP_CT_TCP_FLAG_MAXACK_SET);

/** @returns the errno, 0 when it was done */
function request(
  socket: NetlinkSocket,
  type: number,
  protocol: number,
  tuple: Tuple,
  rest: (writer: NetlinkWriter) => void = () => undefined,
  take?: (message: NetlinkMessage) => void,
): number {
  const body = (writer: NetlinkWriter): void => {
    const family = tuple.source.family === 4 ? AF_INET : AF_INET6;
    writer.u8(family).u8(0).be16(0);
    writer.nest(ct.CTA_TUPLE_ORIG, () => writeTuple(writer, protocol, tuple));
    rest(writer);
  };
  return socket.request(type, 0, body, take)?.code ?? errno.EAGAIN;
}

function writeTuple(writer: NetlinkWriter, protocol: number, tuple: Tuple): void {
  const { source, destination, sourcePort, destinationPort } = tuple;
  const isV4 = source.family === 4;
  writer.nest(ct.CTA_TUPLE_IP, () => {
    writer
      .attribute(isV4 ? ct.CTA_IP_V4_SRC : ct.CTA_IP_V6_SRC, addressBytes(source))
      .attribute(isV4 ? ct.CTA_IP_V4_DST : ct.CTA_IP_V6_DST, addressBytes(destination));
  });
  writer.nest(ct.CTA_TUPLE_PROTO, () => {
    writer
      .attributeU8(ct.CTA_PROTO_NUM, protocol)
      .attributeBe16(ct.CTA_PROTO_SRC_PORT, sourcePort)
      .attributeBe16(ct.CTA_PROTO_DST_PORT, destinationPort);
  });
}
