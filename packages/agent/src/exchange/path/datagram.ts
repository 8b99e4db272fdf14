import type { SocketOptions } from "node:dgram";
import type { Family } from "@vipair/model";

/**
 * Options of a datagram socket that is only ever given numeric addresses. Left to itself, node:dgram asks the resolver
 * for each of them, and sends in a later turn: a resignation sent right before the process ends would never leave.
 */
export const datagramOptions = (family: Family): SocketOptions => ({
  type: family === 4 ? "udp4" : "udp6",
  lookup: (address, _options, found) => found(null, address, family),
});
