import { decodeAttributes, decodeString, type NetlinkMessage } from "../netlink/reader.js";
import { NETLINK_NETFILTER } from "../netlink/socket.js";
import { ownPorts } from "../nftables/own-ports.js";
import { familyNumber, subsystemNftables, type TableFamily, type TableName } from "../nftables/table.js";
import { drop, keep, load16, load32, skipUnless } from "../socket/filter.js";
import { type Overrun, type Watch, watchNetlink } from "./watch.js";

export type TableEvent =
  /** Somebody else deleted the table, or a chain, rule or set of it. */
  { readonly type: "tableDamaged"; readonly family: TableFamily; readonly table: string } | Overrun;

export interface TableWatch extends Watch {
  /** From now on, what this process does is no news either, in place of what was said before. */
  overlook(process: number | undefined): void;
}

const NFNLGRP_NFTABLES = 7;
/** NFT_MSG_DELTABLE, DELCHAIN, DELRULE, DELSET: each names the table in attribute 1. */
const deletions = [2, 5, 8, 11];
const NFT_MSG_NEWSETELEM = 12;
const NFT_MSG_DELSETELEM = 14;

/** Ends the messages of a transaction, in a datagram of its own, and says which process it was of (NFTA_GEN_PROC_PID). */
const NFT_MSG_NEWGEN = 15;
const NFTA_GEN_PROC_PID = 2;

/** For a table of thousands of services, which makes tens of thousands of events while this process is busy making it. */
const receiveBuffer = 64 * 1024 * 1024;

/** What a transaction deleted, until its end tells whose it was. */
interface Damage {
  readonly generation: number;
  readonly events: TableEvent[];
}

/**
 * Watches for others who delete these nftables tables or parts of them; what this process does itself is no news (see
 * {@link ownPorts}): libnftables may change its socket in the middle of a command, so the end of a transaction is asked
 * whose it was. One deletion may be reported several times.
 *
 * A lease is renewed ten times a second, and each renewal ends in such a message: it wakes nobody who is not to be told.
 * @throws KernelError when the kernel refuses the socket
 */
export function watchTables(names: readonly TableName[], listener: (event: TableEvent) => void): TableWatch {
  let damage: Damage | undefined;
  let overlooked: readonly number[] = [process.pid];
  const watch = watchNetlink(
    NETLINK_NETFILTER,
    [NFNLGRP_NFTABLES],
    (message) => {
      const damaged = names.find((name) => isDeletionFrom(message, name));
      if (damaged !== undefined) {
        const generation = generationOf(message);
        // The end of another transaction was not shown, so that one was of a process that is overlooked.
        if (damage?.generation !== generation) damage = { generation, events: [] };
        damage.events.push({ type: "tableDamaged", ...damaged });
      }
      if (!endsTransaction(message)) return;
      const ended = damage;
      damage = undefined;
      if (ended?.generation !== generationOf(message) || overlooked.includes(processOf(message))) return;
      for (const event of ended.events) listener(event);
    },
    () => {
      damage = undefined;
      listener({ type: "overrun" });
    },
    { filter: worthShowing(overlooked), receiveBuffer },
  );
  return {
    overlook: (other) => {
      overlooked = other === undefined ? [process.pid] : [process.pid, other];
      watch.filter(worthShowing(overlooked));
    },
    close: watch.close,
  };
}

const endsTransaction = ({ type }: NetlinkMessage): boolean => type === ((subsystemNftables << 8) | NFT_MSG_NEWGEN);

/** All messages of one transaction have the same (`res_id` of `struct nfgenmsg`), and no two that follow each other. */
const generationOf = ({ body }: NetlinkMessage): number => body.readUInt16BE(2);

const processOf = ({ body }: NetlinkMessage): number =>
  decodeAttributes(body, 4).get(NFTA_GEN_PROC_PID)?.readUInt32BE() ?? 0;

/** Lengths of `struct nlmsghdr`, `struct nfgenmsg` and an attribute of 32 bits. */
const processAttributeAt = 16 + 4 + 8;

/**
 * Classic BPF that leaves out datagrams which begin with an element of a set: a hundred thousand of them may come and go,
 * and are no damage. And the ends of transactions of these processes.
 */
export const worthShowing = (overlooked: readonly number[]): Buffer =>
  Buffer.concat([
    load16(4),
    skipUnless(onWire(NFT_MSG_NEWSETELEM), 1),
    drop,
    skipUnless(onWire(NFT_MSG_DELSETELEM), 1),
    drop,
    skipUnless(onWire(NFT_MSG_NEWGEN), 2 + 1 + 2 * overlooked.length),
    load32(processAttributeAt),
    // The attribute's length and type. A kernel that does not tell the process is asked nothing.
    skipUnless(0x0800_0000 | (NFTA_GEN_PROC_PID << 8), 1 + 2 * overlooked.length),
    load32(processAttributeAt + 4),
    ...overlooked.flatMap((process) => [skipUnless(process, 1), drop]),
    keep,
  ]);

/** A type is in the byte order of the machine, where BPF loads in network byte order. */
const onWire = (message: number): number => (message << 8) | subsystemNftables;

function isDeletionFrom({ type, port, body }: NetlinkMessage, { family, table }: TableName): boolean {
  if (type >> 8 !== subsystemNftables || !deletions.includes(type & 0xff) || ownPorts.has(port)) return false;
  return body[0] === familyNumber[family] && decodeString(decodeAttributes(body, 4).get(1)) === table;
}
