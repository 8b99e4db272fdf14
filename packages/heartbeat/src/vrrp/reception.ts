import type { IpAddress } from "@vipair/model";
import type { RouterLink } from "./link.js";
import { type AdvertisementError, type AdvertisementResult, decodeAdvertisement } from "./packet/decode.js";
import type { Datagram } from "./packet/layout.js";

/** Why a packet counts for nothing on a link. */
export type ReceptionError =
  | AdvertisementError
  /** The node's own packet. */
  | "reflected"
  /** With unicast: of a router that is not the peer. */
  | "wrongSender"
  /** Neither to the link's group nor, with unicast, to this node. */
  | "wrongDestination";

export type Reception =
  | Extract<AdvertisementResult, { ok: true }>
  | { readonly ok: false; readonly error: ReceptionError };

/** Reads what arrived on a link where this node has the primary address `local`. Never throws, whatever the bytes. */
export function receiveAdvertisement(
  link: RouterLink,
  datagram: Datagram,
  local: IpAddress | undefined,
  routerId: number,
): Reception {
  const error = misdirected(link, datagram, local?.text);
  return error === undefined ? decodeAdvertisement(datagram, routerId) : { ok: false, error };
}

function misdirected(link: RouterLink, { source, destination }: Datagram, local: string | undefined) {
  if (source.text === local) return "reflected";
  if (link.interface !== undefined) return destination.text === link.destination.text ? undefined : "wrongDestination";
  if (source.text !== link.destination.text) return "wrongSender";
  return destination.text === local ? undefined : "wrongDestination";
}
