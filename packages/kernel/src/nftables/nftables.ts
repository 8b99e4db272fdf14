import type { Outcome } from "@vipair/model";
import { decodeAttributes, decodeString } from "../netlink/reader.js";
import { NETLINK_NETFILTER, NetlinkSocket, NLM_F_ACK, NLM_F_REQUEST } from "../netlink/socket.js";
import { done, refused } from "../outcome.js";
import { Libnftables } from "./libnftables.js";
import { familyNumber, subsystemNftables, type TableFamily, type TableName } from "./table.js";

export interface Counter {
  readonly packets: number;
  readonly bytes: number;
}

/** nftables in nft's own language. */
export interface Nftables {
  /** Runs the commands, separated by newlines or `;`, as one transaction: all or nothing. A refusal carries nft's words. */
  run(commands: string): Outcome;
  /** The named counters of a table; empty when there is no such table. */
  counters(table: TableName): Map<string, Counter>;
  tableExists(family: TableFamily, name: string): boolean;
  close(): void;
}

/**
 * @throws when libnftables is not installed
 * @throws KernelError when the kernel refuses a netlink socket
 */
export function openNftables(): Nftables {
  const library = new Libnftables();
  const socket = new NetlinkSocket(NETLINK_NETFILTER);
  return {
    run: (commands) => {
      const { ok, error } = library.run(commands);
      return ok ? done : refused(`nft: ${error}`);
    },
    counters: (table) => readCounters(socket, table),
    tableExists: (family, name) => tableExists(socket, family, name),
    close: () => {
      library.close();
      socket.close();
    },
  };
}

/** Not through the library, which reads all elements of all maps before it lists anything. */
function readCounters(socket: NetlinkSocket, { family, table }: TableName): Map<string, Counter> {
  const counters = new Map<string, Counter>();
  socket.dump(
    NFT_MSG_GETOBJ,
    (writer) => {
      writer.u8(familyNumber[family]).u8(0).be16(0);
      writer.attributeString(NFTA_OBJ_TABLE, table).attributeBe32(NFTA_OBJ_TYPE, NFT_OBJECT_COUNTER);
    },
    ({ body }) => {
      const object = decodeAttributes(body, 4);
      const counter = decodeAttributes(object.get(NFTA_OBJ_DATA) ?? Buffer.alloc(0));
      const number = (type: number): number => Number(counter.get(type)?.readBigUInt64BE() ?? 0);
      counters.set(decodeString(object.get(NFTA_OBJ_NAME)), {
        packets: number(NFTA_COUNTER_PACKETS),
        bytes: number(NFTA_COUNTER_BYTES),
      });
    },
  );
  return counters;
}

const NFT_MSG_GETOBJ = (subsystemNftables << 8) | 19;
const NFTA_OBJ_TABLE = 1;
const NFTA_OBJ_NAME = 2;
const NFTA_OBJ_TYPE = 3;
const NFTA_OBJ_DATA = 4;
const NFT_OBJECT_COUNTER = 1;
const NFTA_COUNTER_BYTES = 1;
const NFTA_COUNTER_PACKETS = 2;

function tableExists(socket: NetlinkSocket, family: TableFamily, name: string): boolean {
  const NFT_MSG_GETTABLE = (subsystemNftables << 8) | 1;
  const sequence = socket.nextSequence();
  const writer = socket.writer();
  const request = writer.message(NFT_MSG_GETTABLE, NLM_F_REQUEST | NLM_F_ACK, sequence, () => {
    writer.u8(familyNumber[family]).u8(0).be16(0).attributeString(1, name);
  });
  return socket.exchange(request.written).some((answer) => answer.sequence === sequence && answer.code === 0);
}
