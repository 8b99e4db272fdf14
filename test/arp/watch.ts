import { createInterface } from "node:readline";
import { monotonicMs, pause, realtimeToMonotonicMs, until } from "../topology/clock.js";
import { clientMacs, virtualAddress } from "../topology/plan.js";
import type { Running } from "../topology/running.js";
import type { Topology } from "../topology/topology.js";
import { program, realTime } from "../traffic/instrument.js";
import { isAnnouncement, parseArp } from "./capture.js";
import { judge, type OwnershipReport, type Reply } from "./ownership.js";

/**
 * Watches who answers for the virtual address: the host `watch` asks the whole client net every 10 ms, and tcpdump on
 * the switch's bridge, where every frame passes, notes the answers with the kernel's own time stamps. A host of its own
 * asks, because an answer to the client would renew the client's neighbour entry and so hide a missing announcement.
 */
export class ArpWatch {
  readonly #replies: Reply[] = [];
  readonly #announcements: Reply[] = [];
  readonly #capture: Running;
  readonly #prober: Running;

  private constructor(topology: Topology, address: string) {
    const tcpdump = ["tcpdump", "-i", "client", "-n", "-e", "-tt", "--immediate-mode", "-U", "-l", "arp"];
    this.#capture = topology.switch.spawn(tcpdump, { pipe: true });
    if (this.#capture.child.stdout === null) throw new Error("tcpdump has no output");
    createInterface({ input: this.#capture.child.stdout }).on("line", (text) => this.#note(text, address));
    const prober = [process.execPath, program("arp/prober-program"), "eth0", "198.51.100.101", address, "10"];
    this.#prober = topology.host("watch").spawn(realTime(prober), { ipc: true });
  }

  /** Starts watching; ready when answers come steadily, or after two seconds when nobody answers. */
  static async open(topology: Topology, address = virtualAddress): Promise<ArpWatch> {
    const watch = new ArpWatch(topology, address);
    await until("ARP replies", 2_000, () => watch.#replies.length >= 10).catch(() => {});
    return watch;
  }

  /** Who answered between two instants on CLOCK_MONOTONIC. */
  async report(fromMs: number, toMs: number): Promise<OwnershipReport> {
    await pause(Math.max(0, toMs + 100 - monotonicMs())); // lines still on their way through the pipe
    const inside = ({ at }: Reply): boolean => at >= fromMs && at <= toMs;
    return judge(this.#replies.filter(inside), this.#announcements.filter(inside));
  }

  /** When a node first answered at or after an instant; `undefined` when it has not. */
  firstReply(node: string, fromMs: number): number | undefined {
    return this.#replies.find((reply) => reply.node === node && reply.at >= fromMs)?.at;
  }

  async end(): Promise<void> {
    await Promise.all([this.#prober.end(500), this.#capture.end(500)]);
  }

  #note(text: string, address: string): void {
    const frame = parseArp(text);
    if (frame === undefined || frame.address !== address) return;
    const node = clientMacs[frame.sourceMac] ?? frame.sourceMac;
    if (node === "third") return; // it is in the way, which is no ownership
    const reply = { at: frame.realtimeMs + realtimeToMonotonicMs(), node };
    if (isAnnouncement(frame)) this.#announcements.push(reply);
    else if (frame.kind === "reply") this.#replies.push(reply);
  }
}
