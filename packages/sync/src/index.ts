export { encodeRecord, recordKey, recordLength, recordLength4, recordLength6 } from "@vipair/model";
export * from "./census/census.js";
export * from "./census/sample.js";
export * from "./census/verification.js";
export { decodeFrame, type FrameError, type FrameResult } from "./frame/decode.js";
export { encodeFrame } from "./frame/encode.js";
export {
  type Frame,
  type FrameBody,
  frameTypes,
  type Hello,
  maxFrameLength,
  type ResyncReason,
} from "./frame/frame.js";
export { readStream, writeStream } from "./frame/stream.js";
export type { Holdings } from "./holdings.js";
export { type Hash64, recordHash } from "./record/hash.js";
export * from "./record/record.js";
export type { Drift } from "./replica/copy.js";
export * from "./replica/effect.js";
export * from "./replica/replica.js";
export * from "./role.js";
export type { Renewal, SourceEffect, SourceOptions, Standing } from "./source/options.js";
export * from "./source/source.js";
export type { TakeConnection } from "./table/table.js";
