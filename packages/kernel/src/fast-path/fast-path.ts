import { type Flow, type Instant, instantOf, type Outcome } from "@vipair/model";
import { attachIngress, type IngressKind, removeIngress } from "../bpf/ingress.js";
import { BpfMap, type MapDeclaration } from "../bpf/map.js";
import { loadClassifier } from "../bpf/program.js";
import { timeNamespaceOffset } from "../clock/boot-clock.js";
import { libc } from "../libc/libc.js";
import { findInterface, interfaceIndex } from "../link/link.js";
import { attempt, done } from "../outcome.js";
import { type BusyFlow, decodeKey, flowKey, type Passage, passage, translation } from "./layout.js";
import { leaseEnd } from "./lease-end.js";
import type { FastPathMaps } from "./program/lines.js";
import { fastPathProgram } from "./program/program.js";
import { createYoungMaps, openYoung, type Young, type YoungBpfMaps } from "./young.js";

/** Of the program and of what is attached. */
const name = "vipair";

/** How many connections have room. */
export const fastPathRoom = 16_384;

/** `original`: the answers go the ordinary way, where conntrack sees that there are some. */
export type Directions = "original" | "both";

/**
 * The kernel's short way for established connections: see `program.ts`. Nothing passes it before the lease's end is set,
 * by the process that holds the lease ({@link openLeaseEnd}), and before connections are added.
 */
export interface FastPath {
  /** For the process that holds the lease to inherit. */
  readonly leaseFd: number;
  /** The oldest connection that was found busy since the last call, ours or not; `undefined` when there is none more. */
  takeBusy(): BusyFlow | undefined;
  /** Shall be counted anew, and told again when it is busy. */
  forgetBusy(busy: BusyFlow): void;
  add(flow: Flow, directions: Directions): Outcome;
  /** When the last packet of the connection passed; `undefined` when it has left: its end, or a new beginning, was seen. */
  lastSeen(flow: Flow): Instant | undefined;
  remove(flow: Flow): void;
  /** Connections that begin here; `undefined` where none does. */
  readonly young: Young | undefined;
  close(): void;
}

export interface FastPathOptions {
  /** Connections may begin there, when services are given to {@link FastPath.young}. */
  readonly begins?: boolean;
  /** What the kernel has when left out. */
  readonly ingress?: IngressKind;
}

/**
 * Attaches the program where packets come in.
 * @throws KernelError when the kernel refuses: ENOSYS, EPERM without CAP_BPF, ENODEV without the interface
 */
export function openFastPath(
  interfaces: readonly string[],
  { begins = false, ingress }: FastPathOptions = {},
): FastPath {
  const opened: Closable[] = [];
  const close = (): void => {
    for (const part of opened.splice(0).reverse()) part.close();
  };
  const create = (declaration: MapDeclaration): BpfMap => {
    const map = BpfMap.create(declaration);
    opened.push(map);
    return map;
  };
  try {
    const maps = {
      flows: create(flows),
      lease: create(leaseEnd),
      samples: create(samples),
      busy: create(busy),
      young: begins ? createYoungMaps(create) : undefined,
    };
    attachProgram(maps, interfaces, ingress, opened);
    return new KernelFastPath(maps, close);
  } catch (error) {
    close();
    throw error;
  }
}

interface Closable {
  close(): void;
}

type Maps = Readonly<Record<Exclude<keyof FastPathMaps, "young">, BpfMap>> & {
  readonly young: YoungBpfMaps | undefined;
};

const flows: MapDeclaration = {
  name: "vipair_flows",
  kind: "hash",
  keyLength: flowKey.size,
  valueLength: translation.size,
  entries: 2 * fastPathRoom,
};
const samples: MapDeclaration = {
  name: "vipair_samples",
  kind: "recent",
  keyLength: flowKey.size,
  valueLength: 4,
  entries: 4_096,
};
const busy: MapDeclaration = {
  name: "vipair_busy",
  kind: "queue",
  keyLength: 0,
  valueLength: flowKey.size,
  entries: 1_024,
};

function attachProgram(
  maps: Maps,
  interfaces: readonly string[],
  ingress: IngressKind | undefined,
  opened: Closable[],
): void {
  const program = loadClassifier(name, fastPathProgram(fdsOf(maps)));
  try {
    for (const index of interfaces.map(interfaceIndex)) {
      opened.push(attachIngress(index, program, name, ingress));
      maps.young?.interfaces.set(numberKey(index), Buffer.alloc(1));
    }
  } finally {
    // What is attached holds it.
    libc.close(program);
  }
}

const fdsOf = ({ flows, lease, samples, busy, young }: Maps): FastPathMaps => ({
  flows: flows.fd,
  lease: lease.fd,
  samples: samples.fd,
  busy: busy.fd,
  young: young && {
    connections: young.connections.fd,
    open: young.open.fd,
    interfaces: young.interfaces.fd,
    servers: young.servers.fd,
    services: young.services.fd,
    slots: young.slots.fd,
    counts: young.counts.fd,
  },
});

class KernelFastPath implements FastPath {
  readonly leaseFd: number;
  readonly young: Young | undefined;
  readonly #ahead = timeNamespaceOffset();

  constructor(
    private readonly maps: Maps,
    readonly close: () => void,
  ) {
    this.leaseFd = maps.lease.fd;
    this.young = maps.young && openYoung(maps.young, maps.flows);
  }

  takeBusy(): BusyFlow | undefined {
    const key = this.maps.busy.take();
    return key === undefined ? undefined : decodeKey(key);
  }

  forgetBusy({ key }: BusyFlow): void {
    this.maps.samples.delete(key);
  }

  add(flow: Flow, directions: Directions): Outcome {
    return attempt(() => {
      const passages = directions === "both" ? passagesOf(flow) : [passage(flow, "original")];
      for (const { key, translation } of passages) this.maps.flows.set(key, translation);
      return done;
    });
  }

  lastSeen(flow: Flow): Instant | undefined {
    const seen = passagesOf(flow).flatMap(
      ({ key }) => this.maps.flows.get(key)?.readBigUInt64LE(translation.seen) ?? [],
    );
    if (seen.length === 0) return undefined;
    return instantOf(Math.max(...seen.map((nanoseconds) => Number(nanoseconds) / 1e6)) + this.#ahead);
  }

  remove(flow: Flow): void {
    for (const { key } of passagesOf(flow)) {
      this.maps.flows.delete(key);
      this.maps.samples.delete(key);
    }
  }
}

/** Takes away what is attached there by a process that was killed, where the kernel has not. */
export function removeFastPath(interfaces: readonly string[]): void {
  for (const link of interfaces) {
    const index = findInterface(link);
    if (index !== undefined) removeIngress(index);
  }
}

const passagesOf = (flow: Flow): readonly Passage[] => [passage(flow, "original"), passage(flow, "reply")];

function numberKey(number: number): Buffer {
  const key = Buffer.alloc(4);
  key.writeUInt32LE(number);
  return key;
}
