import { decodeAttributes, decodeString, type NetlinkMessage } from "../netlink/reader.js";
import { NETLINK_NETFILTER } from "../netlink/socket.js";
import { ownPorts } from "../nftables/own-ports.js";
import { familyNumber, subsystemNftables, type TableFamily, type TableName } from "../nftables/table.js";
import { type Overrun, type Watch, watchNetlink } from "./watch.js";

export type TableEvent =
  /** Somebody else deleted the table, or a chain, rule or set of it. */
  { readonly type: "tableDamaged"; readonly family: TableFamily; readonly table: string } | Overrun;

const NFNLGRP_NFTABLES = 7;
/** NFT_MSG_DELTABLE, DELCHAIN, DELRULE, DELSET: each names the table in attribute 1. */
const deletions = [2, 5, 8, 11];

/**
 * Watches for others who delete these nftables tables or parts of them; what this process does itself is no news (see
 * {@link ownPorts}). One deletion may be reported several times.
 * @throws KernelError when the kernel refuses the socket
 */
export function watchTables(names: readonly TableName[], listener: (event: TableEvent) => void): Watch {
  return watchNetlink(
    NETLINK_NETFILTER,
    [NFNLGRP_NFTABLES],
    (message) => {
      const damaged = names.find((name) => isDeletionFrom(message, name));
      if (damaged !== undefined) listener({ type: "tableDamaged", ...damaged });
    },
    () => listener({ type: "overrun" }),
  );
}

function isDeletionFrom({ type, port, body }: NetlinkMessage, { family, table }: TableName): boolean {
  if (type >> 8 !== subsystemNftables || !deletions.includes(type & 0xff) || ownPorts.has(port)) return false;
  return body[0] === familyNumber[family] && decodeString(decodeAttributes(body, 4).get(1)) === table;
}
