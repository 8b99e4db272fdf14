import { decodeAttributes, decodeString, type NetlinkMessage } from "../netlink/reader.js";
import { NETLINK_NETFILTER } from "../netlink/socket.js";
import { ownPorts } from "../nftables/own-ports.js";
import { familyNumber, subsystemNftables, type TableFamily, type TableName } from "../nftables/table.js";
import { instruction } from "../socket/filter.js";
import { type Overrun, type Watch, watchNetlink } from "./watch.js";

export type TableEvent =
  /** Somebody else deleted the table, or a chain, rule or set of it. */
  { readonly type: "tableDamaged"; readonly family: TableFamily; readonly table: string } | Overrun;

const NFNLGRP_NFTABLES = 7;
/** NFT_MSG_DELTABLE, DELCHAIN, DELRULE, DELSET: each names the table in attribute 1. */
const deletions = [2, 5, 8, 11];

/** Ends the messages of a transaction, and says which process it was of (NFTA_GEN_PROC_PID). */
const NFT_MSG_NEWGEN = 15;
const NFTA_GEN_PROC_PID = 2;

/**
 * Watches for others who delete these nftables tables or parts of them; what this process does itself is no news (see
 * {@link ownPorts}): libnftables may change its socket in the middle of a command, so the end of a transaction is asked
 * whose it was. One deletion may be reported several times.
 * @throws KernelError when the kernel refuses the socket
 */
export function watchTables(names: readonly TableName[], listener: (event: TableEvent) => void): Watch {
  let damages: TableEvent[] = [];
  return watchNetlink(
    NETLINK_NETFILTER,
    [NFNLGRP_NFTABLES],
    (message) => {
      const damaged = names.find((name) => isDeletionFrom(message, name));
      if (damaged !== undefined) damages.push({ type: "tableDamaged", ...damaged });
      if (!endsTransaction(message)) return;
      const foreign = isOfThisProcess(message) ? [] : damages;
      damages = [];
      for (const damage of foreign) listener(damage);
    },
    () => {
      damages = [];
      listener({ type: "overrun" });
    },
    withoutElements,
  );
}

const endsTransaction = ({ type }: NetlinkMessage): boolean => type === ((subsystemNftables << 8) | NFT_MSG_NEWGEN);

const isOfThisProcess = ({ body }: NetlinkMessage): boolean =>
  decodeAttributes(body, 4).get(NFTA_GEN_PROC_PID)?.readUInt32BE() === process.pid;

/**
 * Classic BPF that leaves out datagrams which begin with an element of a set (NFT_MSG_NEWSETELEM, DELSETELEM): a hundred
 * thousand of them may come and go, and are no damage.
 */
const withoutElements = Buffer.concat([
  // The type, which is in the byte order of the machine, where BPF loads in network byte order.
  instruction(0x28, 4),
  instruction(0x15, (12 << 8) | subsystemNftables, 1, 0),
  instruction(0x15, (14 << 8) | subsystemNftables, 0, 1),
  instruction(0x06, 0),
  instruction(0x06, 0xffff_ffff),
]);

function isDeletionFrom({ type, port, body }: NetlinkMessage, { family, table }: TableName): boolean {
  if (type >> 8 !== subsystemNftables || !deletions.includes(type & 0xff) || ownPorts.has(port)) return false;
  return body[0] === familyNumber[family] && decodeString(decodeAttributes(body, 4).get(1)) === table;
}
