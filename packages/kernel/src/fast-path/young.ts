import { type Endpoint, type Instant, instantOf, type Outcome } from "@vipair/model";
import type { BpfMap, MapDeclaration } from "../bpf/map.js";
import { timeNamespaceOffset } from "../clock/boot-clock.js";
import { attempt, done } from "../outcome.js";
import {
  decodeYoung,
  encodeEnd,
  encodeServer,
  encodeTarget,
  endKey,
  flowKey,
  keysOf,
  serverValue,
  serviceValue,
  slotKey,
  target,
  translation,
  type YoungConnection,
} from "./layout.js";
import type { YoungMaps } from "./program/lines.js";

/** A service whose connections begin on the fast path. */
export interface YoungService {
  readonly listen: Endpoint;
  /** By chance, or in turns. */
  readonly draw: "random" | "roundRobin";
  /** What is drawn from: at least one, places in `servers`. */
  readonly slots: readonly number[];
  readonly servers: readonly YoungServer[];
}

export interface YoungServer {
  readonly address: Endpoint;
  /** Where its connections are counted: less than {@link youngCounts}. */
  readonly number: number;
}

export const youngCounts = 16_384;
/** So many slots have all services together, at most. */
export const youngSlots = 65_536;

/** Connections that only the program knows: see `program/young.ts`. */
export interface Young {
  /** From now on, connections to the listener begin here. */
  serve(service: YoungService): Outcome;
  /** Connections to the listener begin on the ordinary way. */
  withdraw(listen: Endpoint): void;
  /** How many connections have begun, by the numbers of servers below this one. @throws KernelError */
  counts(numbers: number): readonly number[];
  /** So many open ones whose handshake ended before then; some may have ended since. @throws KernelError */
  openSince(latest: Instant, most: number): readonly YoungConnection[];
  /** The connection as it is now. @throws KernelError */
  look(connection: YoungConnection): YoungConnection | undefined;
  /** All, in pieces, also those that are opening or have ended. @throws KernelError */
  all(): Generator<readonly YoungConnection[], void, void>;
  forget(connection: YoungConnection): void;
  /** Forgets all. @throws KernelError */
  clear(): void;
}

const hash = (name: string, keyLength: number, valueLength: number, entries: number): MapDeclaration => ({
  name,
  kind: "hash",
  keyLength,
  valueLength,
  entries,
});

/** Room for all that begin while one is young, and for some that have ended. */
const connections: MapDeclaration = {
  ...hash("vipair_young", flowKey.size, translation.size, 32_768),
  kind: "recent",
};
const declarations: Readonly<Record<keyof YoungMaps, MapDeclaration>> = {
  connections,
  open: hash("vipair_open", flowKey.size, 8, 16_384),
  interfaces: hash("vipair_links", 4, 1, 256),
  servers: hash("vipair_servers", endKey.size, serverValue.size, youngCounts),
  services: hash("vipair_services", endKey.size, serviceValue.size, 8_192),
  slots: hash("vipair_slots", slotKey.size, target.size, 2 * youngSlots),
  counts: { name: "vipair_counts", kind: "array", keyLength: 4, valueLength: 8, entries: youngCounts },
};

export type YoungBpfMaps = Readonly<Record<keyof YoungMaps, BpfMap>>;

/** @throws KernelError */
export function createYoungMaps(create: (declaration: MapDeclaration) => BpfMap): YoungBpfMaps {
  return {
    connections: create(declarations.connections),
    open: create(declarations.open),
    interfaces: create(declarations.interfaces),
    servers: create(declarations.servers),
    services: create(declarations.services),
    slots: create(declarations.slots),
    counts: create(declarations.counts),
  };
}

/** @param flows where packets of TCP are looked for that are of no young connection */
export function openYoung(maps: YoungBpfMaps, flows: BpfMap): Young {
  const ahead = timeNamespaceOffset();
  /** The draw of each listener, and of how many slots it is. */
  const draws = new Map<string, { readonly draw: number; readonly slots: number }>();
  let lastDraw = 0;
  /** Whose packets are answers, with the listener that each belongs to: also servers that get no new connections. */
  const owners = new Map<string, { readonly key: Buffer; readonly listener: string }>();

  const slotOf = (draw: number, slot: number): Buffer => {
    const key = Buffer.alloc(slotKey.size);
    key.writeUInt32LE(draw, slotKey.draw);
    key.writeUInt32LE(slot, slotKey.slot);
    return key;
  };
  const removeDraw = (draw: number, slots: number): void => {
    for (let slot = 0; slot < slots; slot++) maps.slots.delete(slotOf(draw, slot));
  };
  const writeDraw = (draw: number, { listen, servers, slots }: YoungService): void => {
    const targets = servers.map(({ address, number }) => encodeTarget(listen, address, number));
    for (const [slot, server] of slots.entries()) {
      const value = targets[server];
      if (value !== undefined) maps.slots.set(slotOf(draw, slot), value);
    }
  };
  const writeServers = (listener: string, { listen, servers }: YoungService): void => {
    if (owners.size > youngCounts / 2) forgetServers();
    for (const { address } of servers) {
      const key = encodeEnd(address);
      maps.servers.set(key, encodeServer(listen, address));
      owners.set(key.toString("latin1"), { key, listener });
    }
  };
  /** Those of no service. */
  const forgetServers = (): void => {
    for (const [name, { key, listener }] of owners) {
      if (draws.has(listener)) continue;
      maps.servers.delete(key);
      owners.delete(name);
    }
  };
  const serve = (service: YoungService): Outcome => {
    const key = encodeEnd(service.listen);
    const name = key.toString("latin1");
    const before = draws.get(name);
    const draw = ++lastDraw;
    const outcome = attempt(() => {
      writeServers(name, service);
      writeDraw(draw, service);
      const value = Buffer.alloc(serviceValue.size);
      value.writeUInt32LE(draw, serviceValue.draw);
      value.writeUInt32LE(service.slots.length, serviceValue.slots);
      value.writeUInt32LE(service.draw === "random" ? 1 : 0, serviceValue.random);
      maps.services.set(key, value);
      return done;
    });
    if (!outcome.ok) removeDraw(draw, service.slots.length);
    else {
      draws.set(name, { draw, slots: service.slots.length });
      if (before !== undefined) removeDraw(before.draw, before.slots);
    }
    return outcome;
  };
  const look = (key: Buffer): YoungConnection | undefined => {
    const value = maps.connections.get(key);
    return value === undefined ? undefined : decodeYoung(key, value);
  };

  return {
    serve,
    withdraw: (listen) => {
      const key = encodeEnd(listen);
      const name = key.toString("latin1");
      const before = draws.get(name);
      if (before === undefined) return;
      draws.delete(name);
      maps.services.delete(key);
      removeDraw(before.draw, before.slots);
    },
    counts: (numbers) => {
      const counts: number[] = [];
      for (const piece of maps.counts.pieces()) {
        counts.push(...piece.map(({ value }) => Number(value.readBigUInt64LE())));
        if (counts.length >= numbers) break;
      }
      return counts.slice(0, numbers);
    },
    openSince: (latest, most) => {
      const found: YoungConnection[] = [];
      for (const piece of maps.open.pieces()) {
        for (const { key, value } of piece) {
          if (instantOf(Number(value.readBigUInt64LE()) / 1e6 + ahead) > latest) continue;
          const connection = look(key);
          if (connection === undefined) maps.open.delete(key);
          else found.push(connection);
          if (found.length >= most) return found;
        }
      }
      return found;
    },
    look: ({ key }) => look(key),
    all: function* () {
      for (const piece of maps.connections.pieces()) {
        yield piece.map(({ key, value }) => decodeYoung(key, value));
      }
    },
    forget: (connection) => {
      // One with the same ports before it may have been busy.
      for (const key of keysOf(connection)) flows.delete(key);
      maps.connections.delete(connection.key);
      maps.open.delete(connection.key);
    },
    clear: () => {
      maps.connections.clear();
      maps.open.clear();
    },
  };
}
