import { setTimeout as delay } from "node:timers/promises";
import type { DriftReport, VerifyReport } from "@vipair/model";
import { BucketSet, bucketsFor, type Difference, Verification } from "@vipair/sync";
import type { Replicator } from "../../replicate/replicator.js";
import type { Store } from "../../replicate/store.js";
import type { PeerLink } from "../link/link.js";
import type { VerifyRequest } from "../link/message.js";
import { answerPeer, openPeerTables, type PeerTables } from "./peer.js";
import { mostSampled, openTables, type Tables } from "./tables.js";
import { openTransfers } from "./transfer.js";
import { differenceSentence } from "./words.js";

/**
 * Compares the two nodes' kernels, seen from the active node:
 *
 *   1. the standby confirms everything that this kernel shows        replicator: flush
 *   2. both take a census of their tables at the same time            census
 *   3. for the buckets that differ, both take the records, again and  flush, sample …
 *      again, until what differs is what differed every time
 *   4. the standby's replica looks into its kernel, and is repaired   reread, replicator: repair
 *   5. once more from 1
 */
export interface Verifier {
  /**
   * On the active node.
   * @param repairs whether what differs is repaired and looked at again
   * Rejects when the nodes cannot be compared, and while a verification is under way.
   */
  run(repairs: boolean): Promise<VerifyReport>;
  /** On the standby. */
  answer(request: VerifyRequest): Promise<unknown>;
}

export interface VerifierOptions {
  readonly active: string;
  readonly standby: string;
  readonly store: Pick<Store, "dump">;
  readonly replicator: Pick<Replicator, "connections" | "flush" | "repair" | "reread">;
  readonly link: Pick<PeerLink, "request">;
}

interface Parts extends Pick<VerifierOptions, "active" | "standby" | "replicator"> {
  readonly tables: Tables;
  readonly peer: PeerTables;
}

export function openVerifier({ active, standby, store, replicator, link }: VerifierOptions): Verifier {
  const tables = openTables(store);
  const parts: Parts = { active, standby, replicator, tables, peer: openPeerTables(link) };
  let isRunning = false;
  return {
    run: async (repairs) => {
      if (isRunning) throw new Error("a verification is under way");
      isRunning = true;
      try {
        return await verify(parts, repairs);
      } finally {
        isRunning = false;
      }
    },
    answer: answerPeer(tables, openTransfers(), replicator.reread),
  };
}

/** Samples that are taken of what differs, and the pause between them. */
const looks = 3;
const pauseMs = 200;
const mostExamples = 10;

interface Look {
  readonly connections: number;
  readonly differences: readonly Difference[];
  readonly complete: boolean;
  readonly rounds: number;
}

async function verify(options: Parts, repairs: boolean): Promise<VerifyReport> {
  const startedAt = performance.now();
  const first = await look(options);
  const last = repairs && first.differences.length > 0 ? await repairAndLook(options) : first;
  return {
    clean: last.differences.length === 0 && last.complete,
    active: options.active,
    standby: options.standby,
    connections: last.connections,
    found: countKinds(first.differences),
    remaining: countKinds(last.differences),
    repaired: Math.max(0, first.differences.length - last.differences.length),
    examples: (last.differences.length > 0 ? last : first).differences
      .slice(0, mostExamples)
      .map((difference) => differenceSentence(difference, options)),
    complete: last.complete,
    rounds: last === first ? first.rounds : first.rounds + last.rounds,
    tookMs: Math.round(performance.now() - startedAt),
  };
}

async function repairAndLook(options: Parts): Promise<Look> {
  await options.peer.reread();
  await options.replicator.repair();
  return look(options);
}

async function look({ tables, peer, replicator }: Parts): Promise<Look> {
  await replicator.flush();
  const buckets = bucketsFor(replicator.connections);
  const [mine, theirs] = await Promise.all([tables.census(buckets), peer.census(buckets)]);
  const differing = mine.differing(theirs.words);
  const room = Math.floor((0.8 * mostSampled * buckets) / Math.max(1, mine.count, theirs.count));
  const verification = new Verification();
  let chosen = BucketSet.of(buckets, differing.slice(0, room));
  for (let open = differing.length; open > 0 && verification.rounds < looks; open = verification.open) {
    await delay(verification.rounds > 0 ? pauseMs : 0);
    await replicator.flush();
    const [active, standby] = await Promise.all([tables.sample(chosen), peer.sample(chosen)]);
    if (!active.complete) throw new Error("too many connections differ");
    if (!verification.compare(active, standby)) throw new Error("the peer sent something else than connections");
    chosen = BucketSet.of(buckets, bucketsOf(verification.hashes(), buckets));
  }
  return {
    connections: mine.count,
    differences: verification.differences,
    complete: differing.length <= room,
    rounds: 1 + verification.rounds,
  };
}

function* bucketsOf(hashes: Iterable<number>, buckets: number): Generator<number, void, void> {
  for (const hash of hashes) yield hash & (buckets - 1);
}

function countKinds(differences: readonly Difference[]): DriftReport {
  const counts = { missing: 0, surplus: 0, different: 0 };
  for (const { kind } of differences) counts[kind]++;
  return counts;
}
