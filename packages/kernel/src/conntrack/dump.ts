import { setImmediate as turn } from "node:timers/promises";
import { messageStarts } from "../netlink/reader.js";
import { NETLINK_NETFILTER, NetlinkSocket } from "../netlink/socket.js";
import type { NetlinkWriter } from "../netlink/writer.js";
import * as ct from "./attributes.js";
import { SlotBatch } from "./batch.js";
import type { Selection } from "./filter.js";
import { type flowSlot, slotKinds } from "./slot.js";

const slotsPerChunk = 1024;
/** How long the dump keeps the event loop from other things at a time. */
const turnMs = 8;

/**
 * The entries of the selection, which the kernel makes, as slots of the kind `entry` (see {@link flowSlot}), up to 1024 in
 * a chunk; the event loop has its turn in between. A table that changes meanwhile may show an entry twice; one that is born
 * meanwhile may be missing.
 * @throws KernelError
 */
export async function* dumpSlots(selection: Selection): AsyncGenerator<ArrayBuffer, void, void> {
  const socket = new NetlinkSocket(NETLINK_NETFILTER);
  try {
    let turnedAt = performance.now();
    for (const chunk of readChunks(socket, selection)) {
      if (chunk !== undefined) yield chunk;
      if (performance.now() - turnedAt < turnMs) continue;
      await turn();
      turnedAt = performance.now();
    }
  } finally {
    socket.close();
  }
}

/** The same without a pause; `undefined` now and then where one would fit. */
export function* readChunks(
  socket: NetlinkSocket,
  selection: Selection,
): Generator<ArrayBuffer | undefined, void, void> {
  let batch: SlotBatch | undefined;
  const request = (writer: NetlinkWriter) => encodeSelection(writer, selection);
  for (const datagram of socket.dumpDatagrams(ct.IPCTNL_MSG_CT_GET, request)) {
    const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length);
    for (const start of messageStarts(datagram)) {
      batch ??= new SlotBatch(selection, slotsPerChunk, slotKinds.entry);
      batch.take(view, start);
      if (batch.full) yield batch.flush();
    }
    yield undefined;
  }
  if (batch !== undefined && batch.count > 0) yield batch.flush();
}

/** Asks for the entries of the selection alone. */
function encodeSelection(writer: NetlinkWriter, { mark, mask }: Selection): void {
  writer.u8(0).u8(0).be16(0).attributeBe32(ct.CTA_MARK, mark).attributeBe32(ct.CTA_MARK_MASK, mask);
}
