import { encodeRecord, type Flow, flowMark, recordFields, recordLength, recordLength6, tcpStates } from "@vipair/model";

/** 0 is none, of a connection that is not TCP. */
export const { established, timeWait } = tcpStates;

/** Seconds that a connection lives without traffic: longer than any story. */
export const longTimeout = 432_000;

/** Connections are numbered by their tuple; of every ten, three are UDP, and of every four, one is IPv6. */
export const isTcp = (tuple: number): boolean => tuple % 10 >= 3;

/** A record as the daemon makes it from what the kernel says. The bytes are the caller's until the next call. */
export function recordOf(tuple: number, state: number, timeout: number, id: number): DataView {
  const which = tuple * 16 + state;
  const view = records.get(which) ?? encode(tuple, state);
  records.set(which, view);
  view.setUint32(recordFields.timeout, timeout);
  view.setUint32(recordFields.id, id);
  return view;
}

/** A record by which the machines know this connection, whatever its state. */
export const keyOf = (tuple: number): DataView => recordOf(tuple, isTcp(tuple) ? established : 0, 0, 0);

/** What a kernel that is given this record has to insert. */
export interface Insertion {
  readonly tuple: number;
  readonly state: number;
  readonly timeout: number;
}

/** The packed records that an effect of the replica carries. */
export function readRecords(records: Uint8Array): readonly Insertion[] {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const insertions: Insertion[] = [];
  for (let at = 0; at < records.length; at += recordLength(view, at)) insertions.push(readRecord(view, at));
  return insertions;
}

export const readRecord = (view: DataView, at: number): Insertion => ({
  tuple: view.getUint16(at + recordFields.portsOriginal) - firstPort,
  state: view.getUint8(at + recordFields.tcpState),
  timeout: view.getUint32(at + recordFields.timeout),
});

const firstPort = 1_024;
const records = new Map<number, DataView>();

function encode(tuple: number, state: number): DataView {
  const view = new DataView(new ArrayBuffer(recordLength6));
  const length = encodeRecord(view, 0, flowOf(tuple, state));
  return new DataView(view.buffer, 0, length);
}

function flowOf(tuple: number, state: number): Flow {
  const address = (last: number) =>
    tuple % 4 === 3
      ? ({ family: 6, text: `2001:db8::${last.toString(16)}` } as const)
      : ({ family: 4, text: `192.0.2.${last}` } as const);
  const sourcePort = firstPort + tuple;
  return {
    protocol: isTcp(tuple) ? 6 : 17,
    original: { source: address(1), destination: address(10), sourcePort, destinationPort: 443 },
    reply: { source: address(20), destination: address(1), sourcePort: 8_443, destinationPort: sourcePort },
    status: 0x1ae,
    timeout: longTimeout,
    mark: flowMark + 1,
    tcp: isTcp(tuple) ? { state, scaleOriginal: 7, scaleReply: 7, flagsOriginal: 3, flagsReply: 3 } : undefined,
  };
}
