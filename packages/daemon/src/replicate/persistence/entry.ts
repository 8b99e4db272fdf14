import { elementSlot, flowSlot, slotKind } from "@vipair/kernel";
import { protocols, recordFields, recordLength4, recordLength6, tcpStates } from "@vipair/model";
import { isAssured } from "../records.js";
import type { TakeRecord } from "../store.js";
import { addressAt, type RememberedServer, type RememberingService, serverOf } from "./service.js";

/** Copies are renewed when they have less than this share of their originals' time left. */
export const renewBelow = 7 / 8;

/** Calls `take` with the record of each element of a service's map; servers that are none of the service are left out. */
export function readElements(service: RememberingService, slots: ArrayBuffer, take: TakeRecord): void {
  const view = new DataView(slots);
  for (let slot = 0; slot < view.byteLength; slot += elementSlot.size) {
    const server = service.byNumber.get(view.getUint32(slot + elementSlot.value));
    if (server === undefined) continue;
    const left = Math.ceil(view.getUint32(slot + elementSlot.expires) / 1_000);
    // A copy has more time than its original, and its own copies must not have more and more.
    take("entry", fill(service, server, view, slot + elementSlot.key, Math.min(left, service.timeout)), 0);
  }
}

/**
 * Calls `take` with the record of each client whose connection was established, by the kernel's events of connections. As
 * nobody tells what packets put into a map, this is how the standby hears of a client within milliseconds.
 */
export function readClients(
  services: ReadonlyMap<number, RememberingService>,
  slots: ArrayBuffer,
  take: TakeRecord,
): void {
  const view = new DataView(slots);
  for (let slot = 0; slot < view.byteLength; slot += flowSlot.size) {
    const record = slot + flowSlot.record;
    const service = services.get(view.getUint32(record + recordFields.mark));
    if (service === undefined || slotKind(view, slot) !== "update" || !isEstablished(view, record)) continue;
    const server = serverOf(service, view, record);
    if (server === undefined) continue;
    const client = record + addressAt(service.family, "client");
    take("entry", fill(service, server, view, client, service.timeout), 0);
  }
}

/** Whether this is the event that tells so; later ones of the same connection are no sign of life of the client. */
function isEstablished(view: DataView, record: number): boolean {
  if (!isAssured(view, record)) return false;
  const state = view.getUint8(record + recordFields.tcpState);
  return view.getUint8(record + recordFields.protocol) !== protocols.tcp || state === tcpStates.established;
}

const scratch = new DataView(new ArrayBuffer(recordLength6));

function fill(
  { family, mask }: RememberingService,
  { template }: RememberedServer,
  from: DataView,
  client: number,
  timeout: number,
): DataView {
  const length = family === 4 ? recordLength4 : recordLength6;
  for (let at = 0; at < length; at += 4) scratch.setUint32(at, template.getUint32(at));
  scratch.setUint32(recordFields.timeout, timeout);
  for (const [index, word] of mask.entries()) {
    const masked = from.getUint32(client + index * 4) & word;
    scratch.setUint32(addressAt(family, "client") + index * 4, masked);
    scratch.setUint32(addressAt(family, "clientAgain") + index * 4, masked);
  }
  return scratch;
}

/**
 * Fills a slot, all zeros before, from a record.
 * @returns whether the record is one of this service as it is now
 */
export function writeElement(
  service: RememberingService,
  record: DataView,
  offset: number,
  slots: DataView,
  slot: number,
  outlivesByMs: number,
): boolean {
  const { family, mask } = service;
  const server = serverOf(service, record, offset);
  if (server === undefined || !isOf(server.template, record, offset)) return false;
  const client = offset + addressAt(family, "client");
  for (const index of mask.keys()) {
    slots.setUint32(slot + elementSlot.key + index * 4, record.getUint32(client + index * 4));
  }
  slots.setUint32(slot + elementSlot.value, server.number);
  const left = Math.ceil((record.getUint32(offset + recordFields.timeout) * 1_000) / renewBelow);
  slots.setUint32(slot + elementSlot.expires, Math.min(0xffff_ffff, left + outlivesByMs));
  return true;
}

/** Whether a record's family, protocol, prefix and listener are the template's. */
function isOf(template: DataView, record: DataView, offset: number): boolean {
  if (record.getUint16(offset) !== template.getUint16(0)) return false;
  if (record.getUint32(offset + recordFields.portsOriginal) !== template.getUint32(recordFields.portsOriginal))
    return false;
  const family = template.getUint8(recordFields.family) === 4 ? 4 : 6;
  const [from, to] = [addressAt(family, "listener"), addressAt(family, "server")];
  for (let at = from; at < to; at += 4) if (record.getUint32(offset + at) !== template.getUint32(at)) return false;
  return true;
}
