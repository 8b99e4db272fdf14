import type { Outcome } from "@vipair/model";
import type { NetlinkSocket } from "../netlink/socket.js";
import { Batch } from "../nftables/batch.js";
import { type Expression, nativeU32 } from "../nftables/expression.js";
import type { TableName } from "../nftables/table.js";
import { chains, families, type Guards, guardedSets, keysOf, leaseBit, rulesOf } from "./guarded.js";

/** The tables of the fence, for {@link watchTables}. */
export const fenceTables: readonly TableName[] = families.map((family) => ({ family, table: "vipair_fence" }));

const passWithBit: readonly Expression[] = [
  { type: "meta", key: "mark" },
  { type: "and", mask: leaseBit },
  { type: "equals", value: [...nativeU32(leaseBit)] },
  { type: "meta", key: "mark" },
  { type: "and", mask: ~leaseBit },
  { type: "setMark" },
  { type: "accept" },
];

/**
 * Puts the fence around the addresses, in place of one that is there: without a lease, none of them is answered for, no
 * traffic to them passes, and nothing that arrives on a virtual router's device. It stays when the process dies, and fences
 * what that leaves behind.
 */
export function raiseFence(socket: NetlinkSocket, guards: Guards): Outcome {
  const batch = new Batch(socket);
  for (const name of fenceTables) {
    batch.addTable(name, false).deleteTable(name).addTable(name, false);
    for (const set of guardedSets) {
      if (set.family !== name.family) continue;
      batch.addSet(name, { name: set.name, keyLength: set.keyLength, timeout: false });
      batch.addElements(name, set.name, keysOf(set, guards), undefined);
    }
    for (const chain of chains(name.family, "fence")) {
      batch.addChain(name, chain).addRule(name, chain.name, passWithBit);
      for (const { set, load } of rulesOf(name.family, chain.name, guards)) {
        batch.addRule(name, chain.name, [...load, { type: "inSet", set }, { type: "drop" }]);
      }
    }
  }
  return batch.commit();
}

/** Takes the fence away, if it is there. */
export function lowerFence(socket: NetlinkSocket): Outcome {
  const batch = new Batch(socket);
  for (const name of fenceTables) batch.addTable(name, false).deleteTable(name);
  return batch.commit();
}
