import { type PersistentRules, persistentServices, type Ruleset } from "@vipair/balancer";
import { elementSlot, type Placement, type TimedMaps } from "@vipair/kernel";
import { recordFields, recordLength, recordLength4 } from "@vipair/model";
import { dumpEveryMs } from "../replication.js";
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
  const place = (records: Uint8Array, how: "put" | "add"): void => {
    const failures = elementsOf(records)
      .map(([{ map }, slots]) => maps[how](map, slots))
      .filter(({ failed }) => failed > 0);
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
      const found = elementsOf(records).map(([service, slots]) => [service, maps.find(service.map, slots)] as const);
      return (take) => {
        for (const [service, slots] of found) readElements(service, slots, take);
      };
    },
    insert: (records) => place(records, "put"),
    putBack: (records) => place(records, "add"),
    remove: (records) => {
      for (const [{ map }, slots] of elementsOf(records)) maps.remove(map, slots);
    },
    readEvents: (slots, take) => {
      if (byMark().size > 0) readClients(byMark(), slots, take);
    },
  };
}

const marked = (rules: readonly PersistentRules[]): ReadonlyMap<number, RememberingService> =>
  new Map(rules.map(rememberingService).map((service) => [service.mark, service]));

/** The elements that stand for packed records, with their service; records of no service are left out. */
function sortByService(
  services: ReadonlyMap<number, RememberingService>,
  records: Uint8Array,
): readonly (readonly [RememberingService, Uint8Array])[] {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const most = Math.ceil(records.length / recordLength4) * elementSlot.size;
  const sorted = new Map<RememberingService, { readonly slots: DataView; length: number }>();
  for (let offset = 0; offset < records.length; offset += recordLength(view, offset)) {
    const service = services.get(view.getUint32(offset + recordFields.mark));
    if (service === undefined) continue;
    const own = sorted.get(service) ?? { slots: new DataView(new ArrayBuffer(most)), length: 0 };
    sorted.set(service, own);
    if (writeElement(service, view, offset, own.slots, own.length, dumpEveryMs)) own.length += elementSlot.size;
  }
  return [...sorted].map(([service, { slots, length }]) => [service, new Uint8Array(slots.buffer, 0, length)]);
}

function failureText(failures: readonly Placement[]): string {
  const failed = failures.reduce((sum, failure) => sum + failure.failed, 0);
  const errors = new Set(failures.flatMap((failure) => [...failure.errors]));
  return `insert of ${failed} persistence entries: ${[...errors].join(", ")}`;
}
