/**
 * The replication of `packages/sync` alone, without a kernel and without a network: a source is fed synthetic connections
 * and hands them to a replica in the same process, which has to say that all are safe.
 */
import { instantOf } from "@vipair/model";
import { emptyHoldings, encodeRecord, Replica, type ReplicaEffect, recordLength6, Source } from "@vipair/sync";
import { monotonicMs } from "../../topology/clock.js";
import { entry } from "./entry.js";
import type { RecordsResult } from "./records.js";

const [countText = "", markText = ""] = process.argv.slice(2);
const count = Number(countText);
const now = () => instantOf(monotonicMs());
const residentMb = () => process.memoryUsage.rss() / 2 ** 20;

const before = residentMb();
const source = new Source(emptyHoldings(1n), now());
feed();
const withSource = residentMb();
const replica = new Replica(emptyHoldings(2n));
replicate();
const withBoth = residentMb();

const result: RecordsResult = {
  count,
  protected: source.protectedCount,
  source: { residentMb: withSource - before, bytes: source.bytes },
  replica: { residentMb: withBoth - withSource, bytes: replica.bytes },
};
process.stdout.write(JSON.stringify(result));

function feed(): void {
  const record = new DataView(new ArrayBuffer(recordLength6));
  source.dumpBegan(now());
  for (let number = 0; number < count; number++) {
    encodeRecord(record, 0, entry(Number(markText), number), number + 1);
    source.flowSeen(record, 0, now());
  }
  source.dumpEnded(now());
}

/** Until neither has anything more to say. */
function replicate(): void {
  source.linkOpened(now());
  perform(replica.linkOpened(now()));
  for (let frame = source.takeFrame(now()); frame !== undefined; frame = source.takeFrame(now())) {
    perform(replica.frameReceived(frame, now()));
  }
  // The last ack waits for company.
  perform(replica.tick(instantOf(monotonicMs() + 1_000)));
}

function perform(effects: readonly ReplicaEffect[]): void {
  for (const effect of effects) {
    if (effect.type === "sendFrame") source.frameReceived(effect.frame, now());
    else if (effect.type === "confirm") perform(replica.performed(effect.token, now()));
  }
}
