import type { Outcome } from "@vipair/model";
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
      const { ok, error } = library.run(commands, "text");
      return ok ? done : refused(`nft: ${error}`);
    },
    counters: ({ family, table }) => {
      const { ok, output } = library.run(`list counters table ${family} ${table}`, "json");
      return ok ? decodeCounters(output) : new Map();
    },
    tableExists: (family, name) => tableExists(socket, family, name),
    close: () => {
      library.close();
      socket.close();
    },
  };
}

/** As nft prints them; entries of another kind are passed over. */
function decodeCounters(json: string): Map<string, Counter> {
  const listing = JSON.parse(json) as { nftables: { counter?: Counter & { name: string } }[] };
  const counters = new Map<string, Counter>();
  for (const { counter } of listing.nftables) {
    if (counter !== undefined) counters.set(counter.name, { packets: counter.packets, bytes: counter.bytes });
  }
  return counters;
}

function tableExists(socket: NetlinkSocket, family: TableFamily, name: string): boolean {
  const NFT_MSG_GETTABLE = (subsystemNftables << 8) | 1;
  const sequence = socket.nextSequence();
  const writer = socket.writer();
  const request = writer.message(NFT_MSG_GETTABLE, NLM_F_REQUEST | NLM_F_ACK, sequence, () => {
    writer.u8(familyNumber[family]).u8(0).be16(0).attributeString(1, name);
  });
  return socket.exchange(request.written).some((answer) => answer.sequence === sequence && answer.code === 0);
}
