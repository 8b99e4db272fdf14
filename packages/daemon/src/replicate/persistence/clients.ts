import { type PersistentRules, persistentServices, type Ruleset } from "@vipair/balancer";
import { elementSlot, type Placement, type TimedMaps } from "@vipair/kernel";
import { recordFields, recordLength, recordLength4 } from "@vipair/model";
import type { TakeConnection } from "@vipair/sync";
import { dumpEveryMs } from "../dumps.js";
import type { RecordBatch, Store, TakeRecord } from "../store.js";
import { readClients, readElements, writeElement } from "./entry.js";
import { type RememberingService, rememberingService } from "./service.js";

/** The clients that services remember, in the maps of the kernel, as a store. */
export interface ClientStore extends Required<Store> {
  /** The clients that events of connections (see `flowSlot`) tell of. */
  readEvents(slots: ArrayBuffer, take: TakeRecord): void;
}

export interface ClientStoreOptions {
  readonly maps: TimedMaps;
  /** What the kernel's rules are by now. */
  readonly ruleset: () => Ruleset | undefined;
  readonly refused: (error: string) => void;
}

/** A full map refuses everything: told once in this time. */
const quietMs = 60_000;

export function openClientStore({ maps, ruleset, refused }: ClientStoreOptions): ClientStore {
  let known: Ruleset | undefined;
  let services: ReadonlyMap<number, RememberingService> = new Map();
  let quietUntil = 0;
  const byMark = (): ReadonlyMap<number, RememberingService> => {
    const now = ruleset();
    if (now !== known) services = marked(now === undefined ? [] : persistentServices(now));
    known = now;
    return services;
  };
  const elementsOf = (records: Uint8Array) => sortByService(byMark(), records);
  const place = (records: Uint8Array, how: "put" | "add", failed: TakeConnection): void => {
    const { sorted, strange } = elementsOf(records);
    const view = viewOf(records);
    const failures: Placement[] = [];
    for (const { service, slots, offsets } of sorted) {
      const placement = maps[how](service.map, slots);
      for (const slot of placement.failed) failed(view, offsets[slot / elementSlot.size] ?? 0);
      if (placement.failed.length > 0) failures.push(placement);
    }
    for (const offset of strange) failed(view, offset);
    if (failures.length === 0 || performance.now() < quietUntil) return;
    quietUntil = performance.now() + quietMs;
    refused(failureText(failures));
  };
  return {
    name: "persistence entries",
    dump: async function* () {
      for (const mark of byMark().keys()) {
        // A reload may have taken it away meanwhile.
        const service = byMark().get(mark);
        if (service === undefined) continue;
        for await (const slots of maps.dump(service.map)) yield (take) => readElements(service, slots, take);
      }
    },
    find: (records): RecordBatch => {
      const { sorted } = elementsOf(records);
      const found = sorted.map(({ service, slots }) => [service, maps.find(service.map, slots)] as const);
      return (take) => {
        for (const [service, slots] of found) readElements(service, slots, take);
      };
    },
    insert: (records, failed) => place(records, "put", failed),
    putBack: (records) => place(records, "add", () => undefined),
    remove: (records) => {
      for (const { service, slots } of elementsOf(records).sorted) maps.remove(service.map, slots);
    },
    readEvents: (slots, take) => {
      if (byMark().size > 0) readClients(byMark(), slots, take);
    },
  };
}

const marked = (rules: readonly PersistentRules[]): ReadonlyMap<number, RememberingService> =>
  new Map(rules.map(rememberingService).map((service) => [service.mark, service]));

/** The elements of one service's map that stand for packed records. */
interface Elements {
  readonly service: RememberingService;
  readonly slots: Uint8Array;
  /** The offsets of the records, in the order of the slots. */
  readonly offsets: readonly number[];
}

/** Sorts packed records by their services; `strange` are the offsets of those that are of none as it is now. */
function sortByService(
  services: ReadonlyMap<number, RememberingService>,
  records: Uint8Array,
): { readonly sorted: readonly Elements[]; readonly strange: readonly number[] } {
  const view = viewOf(records);
  const most = Math.ceil(records.length / recordLength4) * elementSlot.size;
  const sorted = new Map<RememberingService, { readonly slots: DataView; readonly offsets: number[] }>();
  const strange: number[] = [];
  for (let offset = 0; offset < records.length; offset += recordLength(view, offset)) {
    const service = services.get(view.getUint32(offset + recordFields.mark));
    const own = service && (sorted.get(service) ?? { slots: new DataView(new ArrayBuffer(most)), offsets: [] });
    if (service !== undefined && own !== undefined) sorted.set(service, own);
    const slot = (own?.offsets.length ?? 0) * elementSlot.size;
    if (service && own && writeElement(service, view, offset, own.slots, slot, dumpEveryMs)) own.offsets.push(offset);
    else strange.push(offset);
  }
  const elements = [...sorted].map(([service, { slots, offsets }]) => ({
    service,
    slots: new Uint8Array(slots.buffer, 0, offsets.length * elementSlot.size),
    offsets,
  }));
  return { sorted: elements, strange };
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

function failureText(failures: readonly Placement[]): string {
  const failed = failures.reduce((sum, failure) => sum + failure.failed.length, 0);
  const errors = new Set(failures.flatMap((failure) => [...failure.errors]));
  return `insert of ${failed} persistence entries: ${[...errors].join(", ")}`;
}
