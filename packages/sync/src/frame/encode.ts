import {
  type Frame,
  type FrameBody,
  firstRecord,
  frameTypes,
  frameVersion,
  headerLength,
  resyncCodes,
  roleCodes,
} from "./frame.js";

/** @throws RangeError when the frame would not fit its own rules: a bug of the caller */
export function encodeFrame(frame: Frame): Uint8Array {
  const view = new DataView(new ArrayBuffer(headerLength + bodyLength(frame)));
  writeHeader(view, frame.type, countOf(frame), frame.term);
  writeBody(view, frame);
  return new Uint8Array(view.buffer);
}

/** For who writes the records of a delta into place. */
export function writeDeltaHeader(view: DataView, term: number, firstSeq: number, count: number): void {
  writeHeader(view, "delta", count, term);
  view.setBigUint64(headerLength, BigInt(firstSeq));
}

function writeHeader(view: DataView, type: FrameBody["type"], count: number, term: number): void {
  view.setUint8(0, frameTypes[type]);
  view.setUint8(1, frameVersion);
  view.setUint16(2, count);
  view.setBigUint64(4, BigInt(term));
}

function bodyLength(frame: Frame): number {
  switch (frame.type) {
    case "hello":
      return 32;
    case "begin":
      return 24;
    case "delta":
    case "lost":
      return 8 + frame.records.length;
    case "ack":
      return 8;
    case "digest":
      return 4 + frame.words.length * 4;
    case "compared":
      return 4 + frame.buckets.length * 2;
    case "repairBegin":
      return frame.buckets.length * 2;
    case "repairEnd":
      return 0;
    case "resync":
      return 4;
    case "flush":
    case "flushed":
      return 4;
  }
}

function countOf(frame: Frame): number {
  switch (frame.type) {
    case "delta":
    case "lost":
      return frame.count;
    case "compared":
    case "repairBegin":
      return frame.buckets.length;
    case "digest":
      return frame.words.length / 2;
    case "hello":
    case "begin":
    case "ack":
    case "repairEnd":
    case "resync":
    case "flush":
    case "flushed":
      return 0;
  }
}

function writeBody(view: DataView, frame: Frame): void {
  const at = headerLength;
  switch (frame.type) {
    case "hello":
      view.setUint32(at, roleCodes[frame.role]);
      view.setUint32(at + 4, frame.session);
      view.setBigUint64(at + 8, frame.boot);
      view.setBigUint64(at + 16, frame.appliedBoot);
      return view.setBigUint64(at + 24, BigInt(frame.appliedSeq));
    case "begin":
      view.setBigUint64(at, frame.boot);
      view.setUint32(at + 8, frame.session);
      view.setUint32(at + 12, frame.resumed ? 1 : 0);
      return view.setBigUint64(at + 16, BigInt(frame.nextSeq));
    case "delta":
      view.setBigUint64(at, BigInt(frame.firstSeq));
      return new Uint8Array(view.buffer).set(frame.records, firstRecord);
    case "lost":
      view.setBigUint64(at, BigInt(frame.seq));
      return new Uint8Array(view.buffer).set(frame.records, firstRecord);
    case "ack":
      return view.setBigUint64(at, BigInt(frame.seq));
    case "digest":
      view.setUint32(at, frame.number);
      return frame.words.forEach((word, i) => {
        view.setUint32(at + 4 + i * 4, word);
      });
    case "compared":
      view.setUint32(at, frame.number);
      return writeBuckets(view, at + 4, frame.buckets);
    case "repairBegin":
      return writeBuckets(view, at, frame.buckets);
    case "repairEnd":
      return;
    case "resync":
      return view.setUint32(at, resyncCodes[frame.reason]);
    case "flush":
    case "flushed":
      return view.setUint32(at, frame.token);
  }
}

function writeBuckets(view: DataView, at: number, buckets: readonly number[]): void {
  buckets.forEach((bucket, i) => {
    view.setUint16(at + i * 2, bucket);
  });
}
