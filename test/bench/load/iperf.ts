import type { Host } from "../../topology/host.js";

/** What iperf3 measured at the receiving end. */
export interface Transfer {
  /** Gigabits or datagrams per second. */
  readonly perSecond: number;
  /** Gigabits or datagrams in all. */
  readonly count: number;
}

interface IperfReport {
  readonly error?: string;
  readonly end: {
    readonly sum_received?: { readonly bytes: number; readonly bits_per_second: number };
    readonly sum?: { readonly packets: number; readonly lost_packets: number; readonly seconds: number };
  };
}

export const iperfPort = 5_201;

/** Eight TCP connections that send as fast as they can; in gigabits. */
export async function measureBulk(client: Host, target: string, seconds: number): Promise<Transfer> {
  const { end } = await iperf(client, target, seconds, ["-P", "8"]);
  const { bytes = 0, bits_per_second: rate = 0 } = end.sum_received ?? {};
  return { count: (bytes * 8) / 1e9, perSecond: rate / 1e9 };
}

/** One UDP flow of 64-byte datagrams, as fast as it goes; in datagrams that arrived. */
export async function measurePackets(client: Host, target: string, seconds: number): Promise<Transfer> {
  const { end } = await iperf(client, target, seconds, ["-u", "-l", "64", "-b", "0"]);
  const { packets = 0, lost_packets: lost = 0, seconds: took = seconds } = end.sum ?? {};
  return { count: packets - lost, perSecond: (packets - lost) / took };
}

async function iperf(client: Host, target: string, seconds: number, load: readonly string[]): Promise<IperfReport> {
  const argv = ["iperf3", "-J", "-c", target, "-p", `${iperfPort}`, "-t", `${seconds}`, ...load];
  const { stdout } = await client.run(argv, { timeoutMs: (seconds + 15) * 1_000 });
  const report = JSON.parse(stdout || "{}") as Partial<IperfReport>;
  if (report.end === undefined || report.error) throw new Error(`iperf3 to ${target}: ${report.error ?? "no answer"}`);
  return { end: report.end };
}
