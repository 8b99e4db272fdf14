import { recordLength } from "@vipair/model";
import { bucketCount } from "../record/key.js";
import { isRecord } from "../record/record.js";
import {
  type Frame,
  type FrameBody,
  firstRecord,
  frameTypes,
  frameVersion,
  headerLength,
  maxFrameLength,
  type ResyncReason,
  resyncCodes,
  roleCodes,
  versionBits,
} from "./frame.js";

/** Why bytes are not a frame. */
export type FrameError = "tooShort" | "tooLong" | "wrongVersion" | "wrongType" | "wrongLength" | "wrongField";

export type FrameResult =
  | { readonly ok: true; readonly frame: Frame }
  | { readonly ok: false; readonly error: FrameError };

/** Reads a frame. Never throws, whatever the bytes. Records are not copied. */
export function decodeFrame(bytes: Uint8Array): FrameResult {
  if (bytes.length < headerLength) return { ok: false, error: "tooShort" };
  if (bytes.length > maxFrameLength) return { ok: false, error: "tooLong" };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if ((view.getUint8(1) & versionBits) !== frameVersion) return { ok: false, error: "wrongVersion" };
  const type = typeNames[view.getUint8(0)];
  if (type === undefined) return { ok: false, error: "wrongType" };
  if (!hasLength(view, type)) return { ok: false, error: "wrongLength" };
  const body = readBody(view, type);
  const term = readCount(view, 4);
  if (body === undefined || term === undefined) return { ok: false, error: "wrongField" };
  return { ok: true, frame: { ...body, term } };
}

const typeNames: readonly (FrameBody["type"] | undefined)[] = invert(frameTypes);
const resyncReasons: readonly (ResyncReason | undefined)[] = invert(resyncCodes);

function invert<Name extends string>(codes: { readonly [N in Name]: number }): (Name | undefined)[] {
  const names: (Name | undefined)[] = [];
  for (const name of Object.keys(codes) as Name[]) names[codes[name]] = name;
  return names;
}

/** Whether the frame is as long as its type and count say; records are looked at one by one. */
function hasLength(view: DataView, type: FrameBody["type"]): boolean {
  const length = view.byteLength - headerLength;
  const count = view.getUint16(2);
  switch (type) {
    case "hello":
      return length === 32;
    case "begin":
      return length === 24;
    case "delta":
    case "lost":
      return length >= 8;
    case "ack":
      return length === 8;
    case "digest":
      return length === 4 + count * 8 && count === bucketCount;
    case "compared":
      return length === 4 + count * 2;
    case "repairBegin":
      return length === count * 2;
    case "repairEnd":
      return length === 0;
    case "resync":
    case "flush":
    case "flushed":
      return length === 4;
  }
}

function readBody(view: DataView, type: FrameBody["type"]): FrameBody | undefined {
  const at = headerLength;
  switch (type) {
    case "hello":
      return readHello(view, at);
    case "begin":
      return readBegin(view, at);
    case "delta": {
      const read = readRecords(view, at);
      return read && { type, firstSeq: read.seq, count: read.count, records: read.records };
    }
    case "lost": {
      const read = readRecords(view, at);
      return read && { type, ...read };
    }
    case "ack": {
      const seq = readCount(view, at);
      return seq === undefined ? undefined : { type, seq };
    }
    case "digest":
      return { type, number: view.getUint32(at), words: readWords(view, at + 4) };
    case "compared": {
      const buckets = readBuckets(view, at + 4);
      return buckets === undefined ? undefined : { type, number: view.getUint32(at), buckets };
    }
    case "repairBegin": {
      const buckets = readBuckets(view, at);
      return buckets === undefined ? undefined : { type, buckets };
    }
    case "repairEnd":
      return { type };
    case "resync": {
      const reason = resyncReasons[view.getUint32(at)];
      return reason === undefined ? undefined : { type, reason };
    }
    case "flush":
    case "flushed":
      return { type, token: view.getUint32(at) };
  }
}

function readHello(view: DataView, at: number): FrameBody | undefined {
  const code = view.getUint32(at);
  const appliedSeq = readCount(view, at + 24);
  if ((code !== roleCodes.source && code !== roleCodes.replica) || appliedSeq === undefined) return undefined;
  return {
    type: "hello",
    role: code === roleCodes.source ? "source" : "replica",
    session: view.getUint32(at + 4),
    boot: view.getBigUint64(at + 8),
    appliedBoot: view.getBigUint64(at + 16),
    appliedSeq,
  };
}

function readBegin(view: DataView, at: number): FrameBody | undefined {
  const resumed = view.getUint32(at + 12);
  const nextSeq = readCount(view, at + 16);
  if (resumed > 1 || nextSeq === undefined || nextSeq === 0) return undefined;
  const session = view.getUint32(at + 8);
  return { type: "begin", boot: view.getBigUint64(at), session, resumed: resumed === 1, nextSeq };
}

function readRecords(view: DataView, at: number): { seq: number; count: number; records: Uint8Array } | undefined {
  const seq = readCount(view, at);
  const count = view.getUint16(2);
  if (seq === undefined) return undefined;
  let offset = firstRecord;
  for (let i = 0; i < count; i++) {
    if (!isRecord(view, offset)) return undefined;
    offset += recordLength(view, offset);
  }
  if (offset !== view.byteLength) return undefined;
  const records = new Uint8Array(view.buffer, view.byteOffset + firstRecord, view.byteLength - firstRecord);
  return { seq, count, records };
}

function readWords(view: DataView, at: number): Uint32Array {
  const words = new Uint32Array(bucketCount * 2);
  for (let i = 0; i < words.length; i++) words[i] = view.getUint32(at + i * 4);
  return words;
}

function readBuckets(view: DataView, at: number): number[] | undefined {
  const buckets: number[] = [];
  for (let offset = at; offset < view.byteLength; offset += 2) {
    const bucket = view.getUint16(offset);
    if (bucket >= bucketCount) return undefined;
    buckets.push(bucket);
  }
  return buckets;
}

/** A count that a number holds exactly; none of ours ever grows beyond that. */
function readCount(view: DataView, offset: number): number | undefined {
  const value = view.getBigUint64(offset);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
}
