/**
 * The right to answer for the addresses, kept by the kernel and ended by it: set elements that time out, in tables that
 * die with the socket that made them. A stopped holder loses it by the timeout, a dead one at the instant of its death.
 *
 * The socket sits at a high file descriptor. The kernel releases a dying process's files from the highest down, and the
 * tables are gone when that release is over: the lease has ended before any other socket of the process, the lifeline
 * among them, tells the peer that it is closed.
 */
import type { Millis, Outcome } from "@vipair/model";
import { NETLINK_NETFILTER, NetlinkSocket } from "../netlink/socket.js";
import { Batch } from "../nftables/batch.js";
import { ownPorts } from "../nftables/own-ports.js";
import type { TableName } from "../nftables/table.js";
import {
  chains,
  families,
  type GuardedSet,
  type Guards,
  guardedSets,
  keysOf,
  leaseBit,
  type Pass,
  rulesOf,
} from "./guarded.js";

const leaseTables: readonly TableName[] = families.map((family) => ({ family, table: "vipair_lease" }));
const highDescriptor = 1000;

export class Lease {
  readonly #socket: NetlinkSocket;
  /** What a renewal puts in; a set that never has any key needs none. */
  readonly #granted: readonly Granted[];

  private constructor(socket: NetlinkSocket, guards: Guards) {
    this.#socket = socket;
    this.#granted = guardedSets
      .map((set) => ({ set, keys: keysOf(set, guards) }))
      .filter(({ keys }) => keys.length > 0);
  }

  /**
   * Makes the tables, with nothing let through yet.
   * @returns the lease, or the kernel's refusal: EPERM also when another process holds a lease in this namespace
   * @throws KernelError when no socket can be had
   */
  static open(guards: Guards): Lease | (Outcome & { readonly ok: false }) {
    const socket = new NetlinkSocket(NETLINK_NETFILTER);
    socket.moveTo(highDescriptor);
    const outcome = declareTables(socket, guards);
    if (!outcome.ok) {
      socket.close();
      return outcome;
    }
    ownPorts.add(socket.port);
    return new Lease(socket, guards);
  }

  /** Answers and traffic pass for `ttl` from now. */
  renew(ttl: Millis): Outcome {
    return this.#grant({ answers: ttl, traffic: ttl });
  }

  /** Answers stop at once; traffic passes for `linger` more. */
  drop(linger: Millis): Outcome {
    return this.#grant({ answers: 0, traffic: linger });
  }

  /** Gives up the tables. */
  close(): void {
    this.#socket.close();
  }

  #grant(timeouts: Readonly<Record<Pass, number>>): Outcome {
    const batch = new Batch(this.#socket);
    for (const { set, keys } of this.#granted) {
      const name = { family: set.family, table: "vipair_lease" };
      const timeout = Math.floor(timeouts[set.pass]);
      // An element that is added again keeps its old timeout, so the set is emptied first, in the same transaction.
      batch.flushSet(name, set.name);
      if (timeout > 0) batch.addElements(name, set.name, keys, timeout);
    }
    return batch.commit();
  }
}

interface Granted {
  readonly set: GuardedSet;
  readonly keys: readonly Uint8Array[];
}

function declareTables(socket: NetlinkSocket, guards: Guards): Outcome {
  const batch = new Batch(socket);
  for (const name of leaseTables) {
    batch.addTable(name, true);
    for (const { family, name: set, keyLength } of guardedSets) {
      if (family === name.family) batch.addSet(name, { name: set, keyLength, timeout: true });
    }
    for (const chain of chains(name.family, "lease")) {
      batch.addChain(name, chain);
      for (const { set, load } of rulesOf(name.family, chain.name, guards)) {
        batch.addRule(name, chain.name, [
          ...load,
          { type: "inSet", set },
          { type: "meta", key: "mark" },
          { type: "or", bits: leaseBit },
          { type: "setMark" },
          { type: "accept" },
        ]);
      }
    }
  }
  return batch.commit();
}
