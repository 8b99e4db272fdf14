import { clientMap, type PersistentRules, serverNumbers, tableName } from "@vipair/balancer";
import type { TimedMap } from "@vipair/kernel";
import {
  type Endpoint,
  encodeRecord,
  type IpAddress,
  parseAddress,
  recordFields,
  recordLength4,
  recordLength6,
} from "@vipair/model";

/**
 * A remembered client as a record of the replication, whose key is the client's prefix and the service's listener:
 *
 *     protocol            that of the listener
 *     original source     the client's address under the prefix; its port is the length of the prefix
 *     original dest.      the listener
 *     reply source        the server
 *     reply destination   the client again
 *     mark                the service's
 *     timeout             seconds until the client is forgotten
 *
 * All but the client and the time is the same for every client of one server: a template.
 */
export interface RememberingService {
  readonly mark: number;
  readonly family: 4 | 6;
  /** IANA protocol number. */
  readonly protocol: number;
  readonly map: TimedMap;
  /** Seconds. */
  readonly timeout: number;
  /** The words of the mask over a client's address. */
  readonly mask: readonly number[];
  readonly byNumber: ReadonlyMap<number, RememberedServer>;
  /** By what {@link addressOf} makes of a record. */
  readonly byAddress: ReadonlyMap<string, RememberedServer>;
}

export interface RememberedServer {
  /** What the map has for it. */
  readonly number: number;
  readonly template: DataView;
}

const protocols = { tcp: 6, udp: 17 } as const;

export function rememberingService(rules: PersistentRules): RememberingService {
  const { name, listen, mark, persistence } = rules;
  const { family } = listen.address;
  const numbers = serverNumbers(rules.servers);
  const servers = rules.servers.map((server) => ({
    number: numbers.get(server.name) ?? 0,
    template: templateOf(rules, server.address),
  }));
  return {
    mark: mark >>> 0,
    family,
    protocol: protocols[listen.protocol],
    map: { table: { family: "inet", table: tableName }, map: clientMap(name), keyLength: family === 4 ? 4 : 16 },
    timeout: Math.ceil(persistence.timeout / 1_000),
    mask: maskWords(family, persistence.prefix),
    byNumber: new Map(servers.map((server) => [server.number, server])),
    byAddress: new Map(servers.map((server) => [addressOf(server.template, 0, family), server])),
  };
}

/** Where an address lies in a record. */
export function addressAt(family: 4 | 6, whose: "client" | "listener" | "server" | "clientAgain"): number {
  const length = family === 4 ? 4 : 16;
  return recordFields.addresses + length * ["client", "listener", "server", "clientAgain"].indexOf(whose);
}

/** The server that a record names; `undefined` when it is none of the service as it is now. */
export function serverOf(service: RememberingService, view: DataView, record: number): RememberedServer | undefined {
  const { family, byAddress } = service;
  // With another family the record may be too short.
  return view.getUint8(record + recordFields.family) === family
    ? byAddress.get(addressOf(view, record, family))
    : undefined;
}

function addressOf(view: DataView, record: number, family: 4 | 6): string {
  const port = view.getUint16(record + recordFields.portsReply);
  const address = record + addressAt(family, "server");
  if (family === 4) return `${view.getUint32(address)} ${port}`;
  return `${view.getBigUint64(address)} ${view.getBigUint64(address + 8)} ${port}`;
}

function templateOf({ listen, mark, persistence }: PersistentRules, server: Endpoint): DataView {
  const { family } = listen.address;
  const client = parseAddress(family === 4 ? "0.0.0.0" : "::") as IpAddress;
  const view = new DataView(new ArrayBuffer(family === 4 ? recordLength4 : recordLength6));
  encodeRecord(view, 0, {
    protocol: protocols[listen.protocol],
    original: {
      source: client,
      sourcePort: persistence.prefix,
      destination: listen.address,
      destinationPort: listen.port,
    },
    reply: { source: server.address, sourcePort: server.port, destination: client, destinationPort: 0 },
    status: 0,
    timeout: 0,
    mark,
    tcp: undefined,
  });
  return view;
}

function maskWords(family: 4 | 6, prefix: number): number[] {
  const words = family === 4 ? 1 : 4;
  return Array.from({ length: words }, (_, word) => {
    const bits = Math.min(32, Math.max(0, prefix - word * 32));
    return bits === 0 ? 0 : (0xffff_ffff << (32 - bits)) >>> 0;
  });
}
