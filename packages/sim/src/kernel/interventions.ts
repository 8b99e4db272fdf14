/**
 * Entries of a kernel that somebody else than its replica made, changed or removed: clients while the node owned the
 * addresses, a timeout, a full table, an operator. The source cannot know better than the replica, so what it says of
 * such an entry means something only after a comparison that began when the replica knew.
 *
 *     changed ──▶ known: the machine was told, or read a dump that began after the change
 *                   ──▶ forgotten: the source got an answer to a digest that it sent after that
 *
 * A machine that is told of the end of an older connection after the replica inserted another one with the same tuple is
 * misled until its next dump.
 */
export class Interventions {
  /** Number of the last one. */
  count = 0;
  readonly #entries = new Map<number, Intervention>();

  has(tuple: number): boolean {
    return this.#entries.has(tuple);
  }

  /** Whether the machine knows how it is now. */
  isKnown(tuple: number): boolean {
    const entry = this.#entries.get(tuple);
    return entry === undefined || entry.knownAt !== undefined;
  }

  /** @returns its number */
  note(tuple: number): number {
    this.#entries.set(tuple, { number: ++this.count, knownAt: undefined });
    return this.count;
  }

  /** The replica wrote it as the source wants it. */
  undo(tuple: number): void {
    this.#entries.delete(tuple);
  }

  /** The machine was told of the intervention with this number. */
  told(tuple: number, number: number, now: number): void {
    const entry = this.#entries.get(tuple);
    if (entry !== undefined && entry.number <= number) entry.knownAt ??= now;
  }

  /** A dump that began after the intervention with this number is complete. */
  dumped(number: number, now: number): void {
    for (const entry of this.#entries.values()) if (entry.number <= number) entry.knownAt ??= now;
  }

  /** The source has an answer to a digest that it sent at this time. */
  compared(sentAt: number): void {
    for (const [tuple, { knownAt }] of this.#entries) {
      if (knownAt !== undefined && knownAt <= sentAt) this.#entries.delete(tuple);
    }
  }
}

interface Intervention {
  readonly number: number;
  knownAt: number | undefined;
}
