import { BucketSet } from "@vipair/sync";
import { z } from "zod";
import type { PeerLink } from "../link/link.js";
import type { VerifyRequest } from "../link/message.js";
import { mostSampled, type Tables } from "./tables.js";
import { fetchAll, type Transfers } from "./transfer.js";

/** The standby's table, asked for over the peer link. */
export interface PeerTables {
  census(buckets: number): Promise<{ readonly count: number; readonly words: Uint32Array }>;
  /** Packed records; rejects when there are too many of them. */
  sample(chosen: BucketSet): Promise<Uint8Array>;
  /** The standby reads its kernel anew, so that its replica knows what is there. */
  reread(): Promise<void>;
}

/** A dump of a million connections takes some seconds. */
const dumpWithinMs = 30_000;
const longestRecord = 112;

const count = z.int().nonnegative();
const offered = z.object({
  count,
  complete: z.boolean(),
  transfer: count,
  length: count.max(mostSampled * longestRecord),
});

export function openPeerTables(link: Pick<PeerLink, "request">): PeerTables {
  const ask = async (request: VerifyRequest): Promise<{ count: number; bytes: Uint8Array }> => {
    const answer = offered.safeParse(await link.request(request, dumpWithinMs));
    if (!answer.success) throw new Error("the peer answered something else");
    if (!answer.data.complete) throw new Error("too many connections differ");
    const { transfer, length } = answer.data;
    const bytes = await fetchAll(length, (offset) => link.request({ method: "fetch", transfer, offset }));
    return { count: answer.data.count, bytes };
  };
  return {
    census: async (buckets) => {
      const { count, bytes } = await ask({ method: "census", buckets });
      if (bytes.length !== buckets * 8) throw new Error("the peer answered something else");
      return { count, words: readWords(bytes) };
    },
    sample: async ({ buckets, bits }) => {
      const chosen = Buffer.from(bits).toString("base64");
      return (await ask({ method: "sample", buckets, chosen })).bytes;
    },
    reread: async () => void (await link.request({ method: "reread" }, dumpWithinMs)),
  };
}

/** Answers what {@link openPeerTables} asks, from this node's table. */
export function answerPeer(tables: Tables, transfers: Transfers, reread: () => Promise<void>) {
  return async (request: VerifyRequest): Promise<unknown> => {
    switch (request.method) {
      case "census": {
        const { count, words } = await tables.census(request.buckets);
        return { count, complete: true, ...transfers.offer(writeWords(words)) };
      }
      case "sample": {
        const bits = Buffer.from(request.chosen, "base64");
        const sample = await tables.sample(new BucketSet(request.buckets, bits));
        const { complete } = sample;
        return { count: sample.table.size, complete, ...transfers.offer(complete ? sample.pack() : new Uint8Array()) };
      }
      case "fetch":
        return transfers.fetch(request.transfer, request.offset);
      case "reread":
        return reread();
    }
  };
}

function writeWords(words: Uint32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(words.length * 4));
  words.forEach((word, index) => {
    view.setUint32(index * 4, word);
  });
  return new Uint8Array(view.buffer);
}

function readWords(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(index * 4));
}
