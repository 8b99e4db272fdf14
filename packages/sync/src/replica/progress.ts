/** What the caller has performed of what was received, and what of that the source was told. */
export class Progress {
  #pending: Pending[] = [];
  #tokens = 0;
  #performed = 0;
  #acked = 0;
  #ackedAt = Number.NEGATIVE_INFINITY;

  /** Something to be performed. @returns its token */
  expect(seq: number, { flush, settles = false }: Meaning): number {
    const token = ++this.#tokens;
    this.#pending.push({ token, seq, flush, settles });
    return token;
  }

  /** The next that is performed, once everything up to this token is. */
  take(token: number): Meaning | undefined {
    const [first] = this.#pending;
    if (first === undefined || first.token > token) return undefined;
    this.#pending.shift();
    this.#performed = Math.max(this.#performed, first.seq);
    return first;
  }

  /** Many records, or some and a while since the last ack. */
  isAckDue(now: number): boolean {
    const records = this.#performed - this.#acked;
    return records >= ackRecords || (records > 0 && now - this.#ackedAt >= ackIntervalMs);
  }

  /** Everything that is performed is acked with this. `undefined` when it was before. */
  ack(now: number): number | undefined {
    if (this.#performed === this.#acked) return undefined;
    this.#acked = this.#performed;
    this.#ackedAt = now;
    return this.#performed;
  }

  /** A session continues: what was acked may not have arrived. */
  resume(): void {
    this.#acked = 0;
  }

  /** Another session: what is still being performed was numbered for the one before. */
  restart(): void {
    this.#pending = this.#pending.map((pending) => ({ ...pending, seq: 0, settles: false }));
    this.#performed = 0;
    this.#acked = 0;
  }
}

const ackRecords = 1_000;
const ackIntervalMs = 100;

/** What it means that it is performed, beside the ack. */
interface Meaning {
  /** The source waits for this flush. */
  readonly flush?: number | undefined;
  /** The replica is in step. */
  readonly settles?: boolean | undefined;
}

interface Pending extends Meaning {
  readonly token: number;
  readonly seq: number;
}
