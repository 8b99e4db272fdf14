import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check } from "./command.js";
import { Host } from "./host.js";
import { cables, gateway, gateway6, type HostName, hostNames, type LinkName, port } from "./plan.js";
import { removeNamespaces, sweep } from "./sweep.js";

let opened = 0;
const topologies = new Set<Topology>();

/** The directories of the topologies that are open in this process. */
export const openDirectories = (): string[] => [...topologies].map(({ directory }) => directory);

/** The test network of `plan.ts`, alive. Removed by {@link close}, and whenever this process ends in any way. */
export class Topology {
  readonly hosts: Readonly<Record<HostName, Host>>;
  readonly switch: Host;
  /** A directory for logs and sockets of this run; goes with the topology. */
  readonly directory: string;
  readonly #prefix: string;
  readonly #onExit = (): void => this.#removeAll();
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.#removeAll();
    process.exit(signal === "SIGINT" ? 130 : 143);
  };

  private constructor(prefix: string) {
    this.#prefix = prefix;
    this.hosts = Object.fromEntries(
      hostNames.map((name) => [name, new Host(name, `${prefix}${name}`)]),
    ) as unknown as Record<HostName, Host>;
    this.switch = new Host("switch", `${prefix}switch`);
    this.directory = mkdtempSync(join(tmpdir(), `${prefix}`));
    topologies.add(this);
    process.on("exit", this.#onExit);
    process.on("SIGINT", this.#onSignal);
    process.on("SIGTERM", this.#onSignal);
    process.on("SIGHUP", this.#onSignal);
  }

  /** Makes the network. What a run that has died left behind is removed first. */
  static async open(): Promise<Topology> {
    sweep();
    opened += 1;
    const topology = new Topology(`vp${process.pid}-${opened}-`);
    try {
      await topology.#build();
      return topology;
    } catch (error) {
      await topology.close();
      throw error;
    }
  }

  host(name: HostName): Host {
    return this.hosts[name];
  }

  /** Pulls a cable: both ends lose their carrier. */
  async cutLink(host: HostName, link: LinkName): Promise<void> {
    await this.#setPorts(host, "down", [link]);
  }

  async restoreLink(host: HostName, link: LinkName): Promise<void> {
    await this.#setPorts(host, "up", [link]);
  }

  /**
   * Takes a host off all its networks at once: what the others see when its power fails. The switch stops forwarding on
   * all its ports before the first carrier drops, so that the host, which lives on here, cannot say a last word on one
   * cable about the loss of another.
   */
  async powerCut(host: HostName): Promise<void> {
    const ports = cables.filter((cable) => cable.host === host).map(({ link }) => port(host, link));
    const silence = ports.map((name) => `link set dev ${name} state 0\n`).join("");
    await this.switch.check(["bridge", "-batch", "-"], { input: silence });
    await this.#setPorts(host, "down");
  }

  async powerRestore(host: HostName): Promise<void> {
    await this.#setPorts(host, "up");
  }

  /** Ends every process of the topology and removes it. */
  async close(): Promise<void> {
    await Promise.all([...Object.values(this.hosts), this.switch].map((host) => host.endAll()));
    this.#removeAll();
    topologies.delete(this);
    process.off("exit", this.#onExit);
    process.off("SIGINT", this.#onSignal);
    process.off("SIGTERM", this.#onSignal);
    process.off("SIGHUP", this.#onSignal);
  }

  async #build(): Promise<void> {
    const all = [...Object.values(this.hosts), this.switch];
    await check(["ip", "-batch", "-"], { input: all.map(({ namespace }) => `netns add ${namespace}\n`).join("") });
    // Duplicate address detection would hold back IPv6 addresses for a second.
    const sysctl = ["sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.all.accept_dad=0"];
    await Promise.all(all.map((host) => host.check(sysctl)));
    await this.switch.check(["sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1"]);
    await this.#batch(this.switch, this.#switchLines());
    await Promise.all(hostNames.map((name) => this.#batch(this.hosts[name], hostLines(name))));
  }

  #switchLines(): string[] {
    const bridges = ["client", "server", "sync"].flatMap((name) => [
      `link add ${name} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
      `link set ${name} up`,
    ]);
    const ports = cables.flatMap(({ host, link, bridge, mac }) => [
      `link add ${port(host, link)} type veth peer name ${link} address ${mac} netns ${this.hosts[host].namespace}`,
      `link set ${port(host, link)} master ${bridge} up`,
    ]);
    return [...bridges, ...ports];
  }

  async #setPorts(host: HostName, state: "up" | "down", only?: readonly LinkName[]): Promise<void> {
    const ends = cables.filter((cable) => cable.host === host && (only === undefined || only.includes(cable.link)));
    await this.#batch(
      this.switch,
      ends.map(({ link }) => `link set ${port(host, link)} ${state}`),
    );
  }

  async #batch(host: Host, lines: readonly string[]): Promise<void> {
    await check(["ip", "-n", host.namespace, "-batch", "-"], { input: `${lines.join("\n")}\n` });
  }

  #removeAll(): void {
    removeNamespaces((name) => name.startsWith(this.#prefix));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function hostLines(name: HostName): string[] {
  const own = cables.filter(({ host }) => host === name);
  const links = own.flatMap(({ link, addresses }) => [
    ...addresses.map((address) => `addr add ${address} dev ${link}${address.includes(":") ? " nodad" : ""}`),
    `link set ${link} up`,
  ]);
  const routes = own.some(({ bridge }) => bridge === "server") && name.startsWith("rs");
  const routeLines = routes ? [`route add default via ${gateway}`, `route add default via ${gateway6}`] : [];
  return ["link set lo up", ...links, ...routeLines];
}
