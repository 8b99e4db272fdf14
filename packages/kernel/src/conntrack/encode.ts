/**
 * Connections as ctnetlink wants to be told of them, from their records. The kernel takes the reply tuple as it would be
 * without translation, and works the real one out from the translations itself; told the translated tuple, it says yes and
 * translates nothing.
 */
import { flowStatus, protocols, recordAddressLength, recordFields, recordFlags } from "@vipair/model";
import { AF_INET, AF_INET6 } from "../libc/libc.js";
import * as ct from "./attributes.js";
import { FormWriter, type MessageForm } from "./form.js";

/** Many records in one buffer. */
export interface Records {
  readonly bytes: Uint8Array;
  /** Of the same bytes. */
  readonly view: DataView;
}

/**
 * The message that creates the flow of the record. It lives until the next one.
 * @param minimumTimeout seconds, for a flow that is not TCP
 */
export function encodeCreation(
  { bytes, view }: Records,
  record: number,
  flags: number,
  sequence: number,
  minimumTimeout: number,
): Uint8Array {
  const { form, status, timeout, tcpFlags } = creationOf(view, record);
  form.fill(bytes, record, flags, sequence);
  // Unconfirmed is EBUSY; the bits of translation are the kernel's own.
  const kept = view.getUint32(record + recordFields.status) & (flowStatus.seenReply | flowStatus.assured);
  form.view.setUint32(status, kept | flowStatus.confirmed);
  // With a timeout of 0 it would be born expired.
  const least = view.getUint8(record + recordFields.protocol) === protocols.tcp ? 1 : Math.max(1, minimumTimeout);
  form.view.setUint32(timeout, Math.max(least, view.getUint32(record + recordFields.timeout)));
  if (tcpFlags === undefined) return form.bytes;
  form.view.setUint16(tcpFlags.original, withMask(view.getUint8(record + recordFields.tcpFlagsOriginal)));
  form.view.setUint16(tcpFlags.reply, withMask(view.getUint8(record + recordFields.tcpFlagsReply)));
  return form.bytes;
}

/** The message that deletes the flow with the key of the record. It lives until the next one. */
export function encodeDeletion({ bytes, view }: Records, record: number, flags: number, sequence: number): Uint8Array {
  const addressLength = recordAddressLength(view, record);
  deletions[addressLength] ??= writeDeletion(addressLength);
  const form = deletions[addressLength];
  form.fill(bytes, record, flags, sequence);
  return form.bytes;
}

/** A form, and where in it belongs what is not simply the record's. */
interface Creation {
  readonly form: MessageForm;
  readonly status: number;
  readonly timeout: number;
  readonly tcpFlags: { readonly original: number; readonly reply: number } | undefined;
}

type AddressLength = 4 | 16;

/** By what two connections must have in common; each is written when it is first needed. */
const creations: Creation[] = [];
const deletions: MessageForm[] = [];

function creationOf(view: DataView, record: number): Creation {
  const addressLength = recordAddressLength(view, record);
  const knowsTcp = view.getUint8(record + recordFields.flags) & recordFlags.tcp;
  const translations =
    view.getUint32(record + recordFields.status) & (flowStatus.destinationTranslated | flowStatus.sourceTranslated);
  const shape = translations | (addressLength & 4) | knowsTcp;
  creations[shape] ??= writeCreation(addressLength, translations, knowsTcp !== 0);
  return creations[shape];
}

function writeCreation(addressLength: AddressLength, translations: number, knowsTcp: boolean): Creation {
  const writer = new FormWriter(ct.IPCTNL_MSG_CT_NEW);
  writeKey(writer, addressLength);
  writeTuple(writer, ct.CTA_TUPLE_REPLY, addressLength, "inverse");
  const status = writer.attributeLater(ct.CTA_STATUS, 4);
  const tcpFlags = knowsTcp ? writeTcp(writer) : undefined;
  const timeout = writer.attributeLater(ct.CTA_TIMEOUT, 4);
  writer.attributeOf(ct.CTA_MARK, recordFields.mark, 4);
  if ((translations & flowStatus.destinationTranslated) !== 0)
    writeTranslation(writer, ct.CTA_NAT_DST, addressLength, 0);
  if ((translations & flowStatus.sourceTranslated) !== 0) writeTranslation(writer, ct.CTA_NAT_SRC, addressLength, 1);
  return { form: writer.finish(), status, timeout, tcpFlags };
}

function writeDeletion(addressLength: AddressLength): MessageForm {
  const writer = new FormWriter(ct.IPCTNL_MSG_CT_DELETE);
  writeKey(writer, addressLength);
  return writer.finish();
}

/** The family and the original tuple: enough to find the flow. */
function writeKey(writer: FormWriter, addressLength: AddressLength): void {
  writer
    .u8(addressLength === 4 ? AF_INET : AF_INET6)
    .u8(0)
    .be16(0);
  writeTuple(writer, ct.CTA_TUPLE_ORIG, addressLength, "original");
}

/** The original tuple, or the one that answers to it without translation. */
function writeTuple(
  writer: FormWriter,
  type: number,
  addressLength: AddressLength,
  which: "original" | "inverse",
): void {
  const [from, to] = which === "original" ? [0, 1] : [1, 0];
  const nest = writer.openNest(type);
  const addresses = writer.openNest(ct.CTA_TUPLE_IP);
  const [source, destination] = addressTypes[addressLength];
  writer.attributeOf(source, recordFields.addresses + from * addressLength, addressLength);
  writer.attributeOf(destination, recordFields.addresses + to * addressLength, addressLength);
  writer.closeNest(addresses);
  const transport = writer.openNest(ct.CTA_TUPLE_PROTO);
  writer.attributeOf(ct.CTA_PROTO_NUM, recordFields.protocol, 1);
  writer.attributeOf(ct.CTA_PROTO_SRC_PORT, recordFields.portsOriginal + from * 2, 2);
  writer.attributeOf(ct.CTA_PROTO_DST_PORT, recordFields.portsOriginal + to * 2, 2);
  writer.closeNest(transport);
  writer.closeNest(nest);
}

const addressTypes = {
  4: [ct.CTA_IP_V4_SRC, ct.CTA_IP_V4_DST],
  16: [ct.CTA_IP_V6_SRC, ct.CTA_IP_V6_DST],
} as const;

function writeTcp(writer: FormWriter): Creation["tcpFlags"] {
  const nest = writer.openNest(ct.CTA_PROTOINFO);
  const fields = writer.openNest(ct.CTA_PROTOINFO_TCP);
  writer.attributeOf(ct.CTA_PROTOINFO_TCP_STATE, recordFields.tcpState, 1);
  writer.attributeOf(ct.CTA_PROTOINFO_TCP_WSCALE_ORIGINAL, recordFields.scaleOriginal, 1);
  writer.attributeOf(ct.CTA_PROTOINFO_TCP_WSCALE_REPLY, recordFields.scaleReply, 1);
  const original = writer.attributeLater(ct.CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, 2);
  const reply = writer.attributeLater(ct.CTA_PROTOINFO_TCP_FLAGS_REPLY, 2);
  writer.closeNest(fields);
  writer.closeNest(nest);
  return { original, reply };
}

/**
 * Flags and, equal to them, their mask. The scales count only with the scale flag on both directions. Liberal, because the
 * kernel does not tell where the sequence windows of a connection are. The other flags belong to those windows and stay
 * behind.
 */
function withMask(flags: number): number {
  const kept = flags & (ct.IP_CT_TCP_FLAG_SACK_PERM | ct.IP_CT_TCP_FLAG_CLOSE_INIT);
  const value = kept | ct.IP_CT_TCP_FLAG_WINDOW_SCALE | ct.IP_CT_TCP_FLAG_BE_LIBERAL;
  return (value << 8) | value;
}

/** To the address and the port of one end of the reply: 0 its source, 1 its destination. */
function writeTranslation(writer: FormWriter, type: number, addressLength: AddressLength, end: 0 | 1): void {
  const address = recordFields.addresses + (2 + end) * addressLength;
  const port = recordFields.portsReply + 2 * end;
  const [lowest, highest] = translationTypes[addressLength];
  const nest = writer.openNest(type);
  writer.attributeOf(lowest, address, addressLength);
  writer.attributeOf(highest, address, addressLength);
  const ports = writer.openNest(ct.CTA_NAT_PROTO);
  writer.attributeOf(ct.CTA_PROTONAT_PORT_MIN, port, 2);
  writer.attributeOf(ct.CTA_PROTONAT_PORT_MAX, port, 2);
  writer.closeNest(ports);
  writer.closeNest(nest);
}

const translationTypes = {
  4: [ct.CTA_NAT_V4_MINIP, ct.CTA_NAT_V4_MAXIP],
  16: [ct.CTA_NAT_V6_MINIP, ct.CTA_NAT_V6_MAXIP],
} as const;
