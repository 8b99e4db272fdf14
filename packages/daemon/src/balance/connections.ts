import type { CutConnections } from "@vipair/balancer";
import { type Conntrack, flowSlot, isKernelError, readFlow } from "@vipair/kernel";
import { type Flow, flowMark, flowMarkMask, formatHostPort, protocols } from "@vipair/model";
import { pauseAfter } from "../pace.js";

/**
 * Live connections through our services, counted by server and cut when a server must lose them. The kernel's table is
 * read in pieces: there may be some hundred thousand, and probes and signs of life must go on meanwhile.
 */
export interface Connections {
  /** Connections of the service with this mark to the server at this `address:port`, as they were counted last. */
  to(mark: number, server: string): number;
  /** Counts anew when that was not done within the last second, or longer where it takes long. Never rejects. */
  recount(): Promise<void>;
  /** Cuts the connections of the order; answers how many there were. */
  cut(order: CutConnections): Promise<number>;
}

const freshMs = 1_000;

/** What the kernel refuses is told; the counts stay what they were. */
export function openConnections(
  conntrack: Pick<Conntrack, "dumpSlots" | "removeSlots">,
  refused: (error: string) => void,
): Connections {
  let counts: ReadonlyMap<string, number> = new Map();
  let nextCount = 0;
  let underWay: Promise<void> | undefined;

  const recount = async (): Promise<void> => {
    if (underWay === undefined && performance.now() < nextCount) return;
    underWay ??= count().finally(() => {
      underWay = undefined;
    });
    await underWay;
  };
  const count = async (): Promise<void> => {
    const startedAt = performance.now();
    await attempt(async () => {
      counts = await countByServer(conntrack);
    });
    const now = performance.now();
    nextCount = now + pauseAfter(now - startedAt, freshMs);
  };
  const attempt = async (ask: () => Promise<void>): Promise<void> => {
    try {
      await ask();
    } catch (error) {
      if (!isKernelError(error)) throw error;
      refused(error.message);
    }
  };

  return {
    to: (mark, server) => {
      void recount();
      return counts.get(countKey(mark, server)) ?? 0;
    },
    recount,
    cut: async (order) => {
      let cut = 0;
      await attempt(async () => {
        for await (const slots of conntrack.dumpSlots({ mark: order.mark, mask: 0xffff_ffff })) {
          cut += conntrack.removeSlots(slotsToCut(slots, order));
        }
      });
      return cut;
    },
  };
}

async function countByServer(conntrack: Pick<Conntrack, "dumpSlots">): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for await (const slots of conntrack.dumpSlots({ mark: flowMark, mask: flowMarkMask })) {
    const view = new DataView(slots);
    for (let offset = 0; offset < view.byteLength; offset += flowSlot.size) {
      const flow = readFlow(view, offset);
      const key = countKey(flow.mark, serverOf(flow));
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

function slotsToCut(slots: ArrayBuffer, { address, which }: CutConnections): Uint8Array {
  const server = formatHostPort(address);
  const view = new DataView(slots);
  const chosen: Uint8Array[] = [];
  for (let offset = 0; offset < view.byteLength; offset += flowSlot.size) {
    const flow = readFlow(view, offset);
    const isChosen = (which === "all" || flow.protocol === protocols.udp) && serverOf(flow) === server;
    if (isChosen) chosen.push(new Uint8Array(slots, offset, flowSlot.size));
  }
  return Buffer.concat(chosen);
}

const countKey = (mark: number, server: string): string => `${mark} ${server}`;

/** The real server of a connection: where its replies come from. */
const serverOf = ({ reply }: Flow): string => formatHostPort({ address: reply.source, port: reply.sourcePort });
