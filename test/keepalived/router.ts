import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Family } from "@vipair/model";
import type { Host } from "../topology/host.js";
import { gateway, gateway6, virtualAddress, virtualAddress6 } from "../topology/plan.js";
import { signalAll } from "../topology/processes.js";
import type { Running } from "../topology/running.js";

export interface KeepalivedOptions {
  readonly families: readonly Family[];
  readonly priority: number;
  /** Seconds. */
  readonly interval?: number;
  readonly preempt?: boolean;
  /** The addresses of the client net are on a device with the virtual router's link-layer address (`use_vmac`). */
  readonly virtualMac?: boolean;
  /** Packets go between these addresses instead of to the group; it hears them on this link only. */
  readonly unicast?: { readonly own: string; readonly peer: string; readonly link: string };
}

/** The virtual link-local address, which RFC 9568 wants first among IPv6 addresses. */
export const virtualLinkLocal = "fe80::10";

/** keepalived as one of two routers, with one virtual router for each family; several are a `vrrp_sync_group`. */
export class KeepalivedRouter {
  readonly #host: Host;
  readonly #directory: string;
  #running: Running | undefined;
  #starts = 0;

  constructor(host: Host, directory: string) {
    this.#host = host;
    this.#directory = directory;
  }

  start(options: KeepalivedOptions): void {
    this.#starts += 1;
    // Names of each start's own: it refuses to start on the pid files of one that was killed.
    const file = (suffix: string): string =>
      join(this.#directory, `router-${this.#host.name}-${this.#starts}${suffix}`);
    writeFileSync(file(".conf"), configuration(options));
    const argv = [
      "keepalived",
      "-n",
      "-l",
      "-D",
      "-P",
      "-f",
      file(".conf"),
      "-p",
      file(".pid"),
      "-r",
      file("-vrrp.pid"),
    ];
    this.#running = this.#host.spawn(argv, { log: file(".log") });
  }

  /** What it has said since it was started. */
  get log(): string {
    return this.#running?.output ?? "";
  }

  /** The state that each of its virtual routers last entered. */
  states(): readonly string[] {
    const states = new Map<string, string>();
    for (const [, name = "", state = ""] of this.log.matchAll(/\((\w+)\) Entering (MASTER|BACKUP|FAULT) STATE/g)) {
      states.set(name, state);
    }
    return [...states.values()];
  }

  is(state: "MASTER" | "BACKUP"): boolean {
    const states = this.states();
    return this.#running?.alive === true && states.length > 0 && states.every((entered) => entered === state);
  }

  /** SIGTERM: it says priority 0, and removes its addresses. */
  async stop(): Promise<void> {
    await this.#running?.end();
  }

  /** SIGKILL. Its addresses outlive it. The child goes first: the death of its parent would be a SIGTERM to it. */
  async kill(): Promise<void> {
    signalAll((this.#running?.pids ?? []).reverse(), "SIGKILL");
    await this.#running?.exit;
  }

  /** Removes what a killed one has left behind. */
  async clean(): Promise<void> {
    await this.#running?.end();
    for (const [prefix, link] of virtualAddresses) await this.#host.run(["ip", "addr", "del", prefix, "dev", link]);
    for (const device of ["vrrp.51", "vrrp6.51"]) await this.#host.run(["ip", "link", "del", device]);
  }
}

const virtualAddresses = [
  [`${virtualAddress}/24`, "eth0"],
  [`${gateway}/24`, "eth1"],
  [`${virtualLinkLocal}/64`, "eth0"],
  [`${virtualAddress6}/64`, "eth0"],
  [`${gateway6}/64`, "eth1"],
] as const;

function configuration(options: KeepalivedOptions): string {
  const { families, priority, interval = 0.1, preempt = true, virtualMac = false, unicast } = options;
  const place = (link: string): string => (virtualMac && link === "eth0" ? "" : `dev ${link}`);
  const instance = (family: Family): string => `
vrrp_instance pair${family} {
  state BACKUP
  ${preempt ? "" : "nopreempt"}
  interface ${unicast?.link ?? "eth0"}
  virtual_router_id 51
  priority ${priority}
  advert_int ${interval}
  ${virtualMac ? "use_vmac" : ""}
  ${unicast === undefined ? "" : `unicast_src_ip ${unicast.own}\n  unicast_peer { ${unicast.peer} }`}
  virtual_ipaddress {
    ${addressesOf(family)
      .map(([prefix, link]) => `${prefix} ${place(link)}`)
      .join("\n    ")}
  }
}
`;
  const group = `vrrp_sync_group pair {\n  group { ${families.map((family) => `pair${family}`).join(" ")} }\n}\n`;
  return `
global_defs {
  vrrp_version 3
}
${families.length > 1 ? group : ""}${families.map(instance).join("")}`;
}

const addressesOf = (family: Family) => virtualAddresses.filter(([prefix]) => prefix.includes(":") === (family === 6));
