import { type Flow, recordKey, recordLength } from "@vipair/model";
import { type Hash64, recordHash } from "../record/hash.js";
import { keyHash } from "../record/key.js";
import { decodeRecord, isRecord } from "../record/record.js";
import type { Sample } from "./sample.js";

/** A connection that is not the same in both tables. */
export interface Difference {
  /** Of the active node's connections: not in the standby's table, only there, or in both in different states. */
  readonly kind: "missing" | "surplus" | "different";
  readonly active: Flow | undefined;
  readonly standby: Flow | undefined;
}

/**
 * Compares the active node's sample with the standby's, as often as they are taken. Before each time, the standby has
 * confirmed everything that the active node's table had shown: whatever has not changed since must be the same.
 */
export class Verification {
  rounds = 0;
  readonly #hash: Hash64 = { low: 0, high: 0 };
  /** How those that differ did so the last time, by key. */
  #open = new Map<string, Found>();

  /** What differed each time, in the same way the last two times. */
  get differences(): readonly Difference[] {
    return [...this.#open.values()].map(({ kind, active, standby }) => ({
      kind,
      active: active && readFlow(active),
      standby: standby && readFlow(standby),
    }));
  }

  /** Key hashes of these: what has to be looked at again. */
  *hashes(): Generator<number, void, void> {
    for (const { hash } of this.#open.values()) yield hash;
  }

  get open(): number {
    return this.#open.size;
  }

  /** @param standby packed records @returns `false` when these bytes are something else */
  compare(active: Sample, standby: Uint8Array): boolean {
    const found = this.#differing(active, new DataView(standby.buffer, standby.byteOffset, standby.byteLength));
    if (found === undefined) return false;
    if (this.rounds++ > 0) {
      for (const [key, { signature }] of found) if (this.#open.get(key)?.signature !== signature) found.delete(key);
    }
    this.#open = found;
    return true;
  }

  #differing({ table, chosen }: Sample, standby: DataView): Map<string, Found> | undefined {
    const found = new Map<string, Found>();
    const seen = new Uint8Array(table.limit);
    for (let at = 0; at < standby.byteLength; at += recordLength(standby, at)) {
      if (!isRecord(standby, at)) return undefined;
      const hash = keyHash(standby, at);
      if (!chosen.has(hash)) continue;
      const slot = table.find(standby, at, hash);
      if (slot >= 0) seen[slot] = 1;
      const theirs = this.#state(standby, at);
      const ours = slot < 0 ? undefined : this.#state(table.view(slot), table.offset(slot));
      if (ours === theirs) continue;
      const kind = slot < 0 ? "surplus" : "different";
      const active = slot < 0 ? undefined : copyOf(table.view(slot), table.offset(slot));
      const signature = `${kind} ${ours} ${theirs}`;
      found.set(recordKey(standby, at), { kind, hash, signature, active, standby: copyOf(standby, at) });
    }
    for (let slot = 0; slot < table.limit; slot++) {
      if (seen[slot] === 1) continue;
      const view = table.view(slot);
      const offset = table.offset(slot);
      found.set(recordKey(view, offset), {
        kind: "missing",
        hash: table.hash(slot),
        signature: `missing ${this.#state(view, offset)}`,
        active: copyOf(view, offset),
        standby: undefined,
      });
    }
    return found;
  }

  #state(view: DataView, offset: number): string {
    const { low, high } = recordHash(view, offset, this.#hash);
    return `${high.toString(36)}.${low.toString(36)}`;
  }
}

interface Found {
  readonly kind: Difference["kind"];
  readonly hash: number;
  /** Equal when it differs again in the same way. */
  readonly signature: string;
  readonly active: DataView | undefined;
  readonly standby: DataView | undefined;
}

function copyOf(view: DataView, offset: number): DataView {
  const start = view.byteOffset + offset;
  return new DataView(view.buffer.slice(start, start + recordLength(view, offset)) as ArrayBuffer);
}

const readFlow = (record: DataView): Flow | undefined => decodeRecord(record, 0);
