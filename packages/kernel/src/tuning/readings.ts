/** How the host is set, read from /proc and /sys and asked of the drivers: nothing here changes anything. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ConntrackReadings, InterfaceReadings, TuningReadings } from "@vipair/model";
import { mostReceiveQueues, receiveOffload } from "../link/link.js";

/** Where the kernel shows itself. */
export interface Roots {
  readonly proc: string;
  readonly sys: string;
}

/**
 * What the host's settings are now; takes less than a millisecond for each interface.
 * @param interfaces their names; what is not there is left out
 */
export function readTuning(
  interfaces: readonly string[],
  roots: Roots = { proc: "/proc", sys: "/sys" },
): TuningReadings {
  const conntrack = readConntrack(roots);
  const below = interfaces.flatMap((name) => cardsBelow(name, roots));
  return {
    processors: parseList(text(join(roots.sys, "devices/system/cpu/online"))).length,
    ...(conntrack === undefined ? {} : { conntrack }),
    interfaces: [...new Set(below)].map((name) => readInterface(name, roots)),
  };
}

function readConntrack({ proc }: Roots): ConntrackReadings | undefined {
  const setting = (name: string): number => Number(text(join(proc, `sys/net/netfilter/nf_conntrack_${name}`)) || 0);
  const most = setting("max");
  if (most === 0) return undefined;
  return {
    count: setting("count"),
    most,
    buckets: setting("buckets"),
    accounting: setting("acct") !== 0,
    establishedSeconds: setting("tcp_timeout_established"),
  };
}

function readInterface(name: string, roots: Roots): InterfaceReadings {
  const queues = join(roots.sys, "class/net", name, "queues");
  const receive = entries(queues).filter((queue) => queue.startsWith("rx-"));
  const steered = receive.map((queue) => parseMask(text(join(queues, queue, "rps_cpus"))));
  const most = mostReceiveQueues(name);
  const interrupts = interruptProcessors(name, roots);
  const offload = receiveOffload(name);
  return {
    name,
    isCard: isCard(name, roots),
    receiveQueues: receive.length,
    ...(most === undefined ? {} : { mostQueues: most }),
    steeredTo: countBits(steered.reduce((all, mask) => all | mask, 0n)),
    ...(interrupts === 0 ? {} : { interruptProcessors: interrupts }),
    ...(offload === undefined ? {} : { receiveOffload: offload }),
  };
}

/** The cards that carry a VLAN, a bond or a bridge, however deep; the interface itself where there are none. */
function cardsBelow(name: string, roots: Roots): string[] {
  if (!existsSync(join(roots.sys, "class/net", name))) return [];
  const cards = [...lowest(name, roots)].filter((lower) => isCard(lower, roots));
  return cards.length === 0 ? [name] : cards;
}

function* lowest(name: string, roots: Roots): Generator<string> {
  const below = entries(join(roots.sys, "class/net", name)).filter((entry) => entry.startsWith("lower_"));
  if (below.length === 0) yield name;
  for (const entry of below) yield* lowest(entry.slice("lower_".length), roots);
}

const isCard = (name: string, { sys }: Roots): boolean => existsSync(join(sys, "class/net", name, "device"));

/** A card of virtio has its interrupts at the device of the bus that it is on. */
function interruptProcessors(name: string, { proc, sys }: Roots): number {
  const device = `${sys}/class/net/${name}/device`;
  const own = entries(`${device}/msi_irqs`);
  const interrupts = own.length > 0 ? own : entries(`${device}/../msi_irqs`);
  const receiving = interrupts.map((irq) => join(proc, "irq", irq)).filter((irq) => !entries(irq).some(isOther));
  return new Set(receiving.flatMap((irq) => parseList(text(join(irq, "effective_affinity_list"))))).size;
}

/** A directory beside an interrupt's files has the name of who takes it: `virtio2-output.0` brings no packets in. */
const isOther = (name: string): boolean => /^virtio\d+-(config|output|control)/.test(name);

/** `0-3,8`; none when it is empty. */
function parseList(list: string): number[] {
  return list.split(",").flatMap((range) => {
    const [first, last = first] = range.split("-").map(Number);
    if (range === "" || first === undefined || last === undefined) return [];
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** `00000000,0000000f`: hexadecimal, 32 processors in a group. */
const parseMask = (mask: string): bigint => (/^[\da-f,]+$/.test(mask) ? BigInt(`0x${mask.replaceAll(",", "")}`) : 0n);

const countBits = (mask: bigint): number => mask.toString(2).replaceAll("0", "").length;

/** Without the end of line; empty when it cannot be read. */
function text(file: string): string {
  try {
    return readFileSync(file, "latin1").trim();
  } catch {
    return "";
  }
}

/** None when there is no such directory. */
function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
