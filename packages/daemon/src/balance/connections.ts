import type { CutConnections } from "@vipair/balancer";
import type { Conntrack } from "@vipair/kernel";
import { type Flow, flowMark, flowMarkMask, formatHostPort } from "@vipair/model";

/** Live connections through our services, counted by server and cut when a server must lose them. */
export interface Connections {
  readonly total: number;
  /** Live connections of the service with this mark to the server at this `address:port`. */
  to(mark: number, server: string): number;
  /** Cuts the connections of the order; answers how many there were. */
  cut(order: CutConnections): number;
}

const udp = 17;
const freshMs = 1_000;
/** Counting may take at most this share of the time. */
const countingShare = 1 / 20;

/** What the kernel refuses is told; the counts stay what they were. */
export function openConnections(
  conntrack: Pick<Conntrack, "dump" | "removeWhere">,
  refused: (error: string) => void,
): Connections {
  let counts = new Map<string, number>();
  let total = 0;
  let nextCount = 0;

  const count = (): void => {
    const startedAt = performance.now();
    if (startedAt < nextCount) return;
    const flows = attempt(() => conntrack.dump({ mark: flowMark, mask: flowMarkMask }));
    if (flows !== undefined) {
      counts = countByServer(flows);
      total = flows.length;
    }
    const now = performance.now();
    nextCount = now + Math.max(freshMs, (now - startedAt) / countingShare);
  };
  const attempt = <Result>(ask: () => Result): Result | undefined => {
    try {
      return ask();
    } catch (error) {
      if (!(error instanceof Error && error.name === "KernelError")) throw error;
      refused(error.message);
      return undefined;
    }
  };

  return {
    get total() {
      count();
      return total;
    },
    to: (mark, server) => {
      count();
      return counts.get(countKey(mark, server)) ?? 0;
    },
    cut: ({ mark, address, which }) => {
      const server = formatHostPort(address);
      const cuts = (flow: Flow): boolean => (which === "all" || flow.protocol === udp) && serverOf(flow) === server;
      return attempt(() => conntrack.removeWhere({ mark, mask: 0xffff_ffff }, cuts)) ?? 0;
    },
  };
}

function countByServer(flows: readonly Flow[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const flow of flows) {
    const key = countKey(flow.mark, serverOf(flow));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

const countKey = (mark: number, server: string): string => `${mark} ${server}`;

/** The real server of a connection: where its replies come from. */
const serverOf = ({ reply }: Flow): string => formatHostPort({ address: reply.source, port: reply.sourcePort });
