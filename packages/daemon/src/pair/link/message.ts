import { isIP } from "node:net";
import { type Flow, flowMark, flowMarkMask, type NodeReport } from "@vipair/model";
import { fewestBuckets, mostBuckets } from "@vipair/sync";
import { z } from "zod";
import type { JournalPosition } from "../../event/journal.js";
import { count, reportSchema } from "./report.js";

/**
 * What the two daemons say to each other: one JSON text per WebSocket message. A request is answered by exactly one
 * response with the same id.
 */
export type PeerMessage =
  | ({ readonly type: "hello" } & PeerHello)
  | { readonly type: "report"; readonly report: NodeReport }
  | { readonly type: "request"; readonly id: number; readonly request: PeerRequest }
  | { readonly type: "response"; readonly id: number; readonly ok: true; readonly result: unknown }
  | { readonly type: "response"; readonly id: number; readonly ok: false; readonly error: string };

/** What each says first. */
export interface PeerHello {
  readonly node: string;
  readonly version: string;
  readonly configDigest: string;
  /** Requests that it answers beside those that every version does; a version that does not know this says nothing. */
  readonly features?: readonly PeerFeature[];
}

/** `events`: the requests `events` and `clock`. */
export type PeerFeature = "events";

export type PeerRequest =
  /** The standby asks the active node to hand over. */
  | { readonly method: "failover"; readonly force: boolean }
  /** Connections for the standby's kernel; answers how many are in. */
  | { readonly method: "insertFlows"; readonly flows: readonly Flow[] }
  /** The standby asks the active node to compare both kernels. */
  | { readonly method: "verify"; readonly repair: boolean }
  /** The events after the position; answers a part of the journal. */
  | { readonly method: "events"; readonly after?: JournalPosition | undefined }
  /** Answers a reading of the clocks. */
  | { readonly method: "clock" }
  | VerifyRequest;

/** What the active node asks of the standby while it compares the kernels; the first two are answered with an offer. */
export type VerifyRequest =
  | { readonly method: "census"; readonly buckets: number }
  /** @see BucketSet for `chosen`, in base64 */
  | { readonly method: "sample"; readonly buckets: number; readonly chosen: string }
  /** A piece of what was offered, in base64. */
  | { readonly method: "fetch"; readonly transfer: number; readonly offset: number }
  | { readonly method: "reread" };

const address = z
  .object({ family: z.union([z.literal(4), z.literal(6)]), text: z.string().max(45) })
  .refine(({ family, text }) => isIP(text) === family);
const port = z.int().min(0).max(65_535);
const u32 = z.int().min(0).max(0xffff_ffff);
const byte = z.int().min(0).max(255);
const tuple = z.object({ source: address, destination: address, sourcePort: port, destinationPort: port });
const flow = z.object({
  protocol: byte,
  original: tuple,
  reply: tuple,
  status: u32,
  timeout: u32,
  mark: u32.refine((mark) => (mark & flowMarkMask) >>> 0 === flowMark),
  tcp: z
    .object({ state: byte, scaleOriginal: byte, scaleReply: byte, flagsOriginal: byte, flagsReply: byte })
    .optional(),
});

const buckets = z
  .int()
  .min(fewestBuckets)
  .max(mostBuckets)
  .refine((n) => (n & (n - 1)) === 0);

const request = z.discriminatedUnion("method", [
  z.object({ method: z.literal("failover"), force: z.boolean() }),
  z.object({ method: z.literal("insertFlows"), flows: z.array(flow).max(10_000) }),
  z.object({ method: z.literal("verify"), repair: z.boolean() }),
  z.object({
    method: z.literal("events"),
    after: z.object({ journal: z.string().max(64), count }).optional(),
  }),
  z.object({ method: z.literal("clock") }),
  z.object({ method: z.literal("census"), buckets }),
  z
    .object({ method: z.literal("sample"), buckets, chosen: z.base64() })
    .refine(({ buckets, chosen }) => Buffer.byteLength(chosen, "base64") === buckets / 8),
  z.object({ method: z.literal("fetch"), transfer: count, offset: count }),
  z.object({ method: z.literal("reread") }),
]);

const hello = z.object({
  type: z.literal("hello"),
  node: z.string(),
  version: z.string(),
  configDigest: z.string(),
  features: z.array(z.string()).optional(),
});

const message = z.union([
  hello,
  z.object({ type: z.literal("report"), report: reportSchema }),
  z.object({ type: z.literal("request"), id: count, request }),
  z.object({ type: z.literal("response"), id: count, ok: z.literal(true), result: z.unknown() }),
  z.object({ type: z.literal("response"), id: count, ok: z.literal(false), error: z.string() }),
]);

/** Reads a message of the peer; `undefined` when it is not one. Never throws. */
export function decodePeerMessage(text: string): PeerMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = message.safeParse(value);
  return parsed.success ? (parsed.data as unknown as PeerMessage) : undefined;
}

export const encodePeerMessage = (value: PeerMessage): string => JSON.stringify(value);
