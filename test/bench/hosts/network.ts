/**
 * The test network of `topology/plan.ts` with cables that are real. Each machine gets the namespaces of its role, and in these
 * macvlan interfaces on its network cards, with the names and addresses of the plan: so the same bench runs in both, and
 * nothing of a machine's own configuration is touched.
 *
 *       machine A                          machine B
 *     ┌─ client, watch ─┐                ┌─ lb1 ───────┐
 *     │            eth0 ┼─ card ── card ─┼ eth0        │
 *     │  rs1, rs2  eth0 ┼─ card ── card ─┼ eth1   eth2 ┼─ (nobody)
 *     └─────────────────┘                └─────────────┘
 *
 * On each machine a keeper makes the namespaces, and takes them away when its input ends: also when this process dies, or
 * the connection breaks.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check } from "../../topology/command.js";
import { Host } from "../../topology/host.js";
import type { Machine } from "../../topology/machine.js";
import { cables, gateway, type HostName } from "../../topology/plan.js";
import { Running } from "../../topology/running.js";
import type { Network } from "../contender/contender.js";
import type { BenchHosts } from "./hosts.js";

/** A namespace with its interfaces: on a card, or on nothing. */
interface Seat {
  readonly host: Host;
  readonly links: readonly { readonly name: "eth0" | "eth1" | "eth2"; readonly card: string | undefined }[];
}

/** @throws Error when a machine refuses */
export async function openHosts({ client, balancer, servers }: BenchHosts): Promise<Network> {
  const prefix = `vp${process.pid}-0-`;
  const directory = mkdtempSync(join(tmpdir(), prefix));
  const seat = (name: HostName, machine: Machine, ...cards: (string | undefined)[]): Seat => ({
    host: new Host(name, `${prefix}${name}`, machine),
    links: cards.map((card, index) => ({ name: `eth${index as 0 | 1 | 2}`, card })),
  });
  const seats: readonly Seat[] = [
    seat("client", client.machine, client.link),
    seat("watch", client.machine, client.link),
    seat("lb1", balancer.machine, balancer.link, balancer.serverSide, undefined),
    seat("rs1", servers.machine, servers.link),
    seat("rs2", servers.machine, servers.link),
  ];
  const keepers: Running[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(seats.map(({ host }) => host.endAll()));
    await Promise.all(keepers.map((keeper) => keeper.end(15_000)));
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    for (const machine of new Set(seats.map(({ host }) => host.machine))) {
      const own = seats.filter(({ host }) => host.machine === machine);
      keepers.push(await openKeeper(machine, directory, own));
    }
    await Promise.all(seats.map(address));
  } catch (error) {
    await close();
    throw error;
  }
  const hosts = new Map(seats.map(({ host }) => [host.name, host]));
  return {
    directory,
    close,
    host: (name) => {
      const host = hosts.get(name);
      if (host === undefined) throw new Error(`no machine has the host ${name}`);
      return host;
    },
  };
}

/** Its words: the directory, then the namespaces. Says `ready` when they are there. */
const keeper = `
directory=$1; shift
mkdir -p "$directory"
made=yes
for name in "$@"; do ip netns add "$name" 2>&1 || made=; done
[ -z "$made" ] || { echo ready; cat >/dev/null; }
for name in "$@"; do ip netns pids "$name" | xargs -r kill -KILL; ip netns delete "$name"; done 2>/dev/null
rm -rf "$directory"
[ -n "$made" ]
`;

function openKeeper(machine: Machine, directory: string, seats: readonly Seat[]): Promise<Running> {
  const argv = machine.command(["sh", "-c", keeper, "sh", directory, ...seats.map(({ host }) => host.namespace)]);
  const running = new Running(argv, { pipe: true, input: true });
  return new Promise((resolve, reject) => {
    let said = "";
    running.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (/^ready$/m.test(said)) resolve(running);
    });
    void running.exit.then(() => reject(new Error(`${machine.name}: no namespaces could be made: ${said.trim()}`)));
  });
}

/** Makes the interfaces of a namespace, with their addresses. A card carries as many as there are hosts on it. */
async function address({ host, links }: Seat): Promise<void> {
  const { namespace, machine, name } = host;
  const made = links.map((link) =>
    link.card === undefined
      ? `link add ${link.name} netns ${namespace} type veth peer name ${link.name}p netns ${namespace}`
      : `link add link ${link.card} name ${link.name} netns ${namespace} type macvlan mode bridge`,
  );
  await check(machine.command(["ip", "-batch", "-"]), { input: lines(made) });
  const own = cables.filter((cable) => cable.host === name);
  const addresses = own.flatMap(({ link, addresses }) =>
    addresses.filter((one) => !one.includes(":")).map((one) => `addr add ${one} dev ${link}`),
  );
  const up = ["lo", ...links.map((link) => link.name)].map((link) => `link set ${link} up`);
  const route = name === "rs1" || name === "rs2" ? [`route add default via ${gateway}`] : [];
  await host.check(["ip", "-batch", "-"], { input: lines([...addresses, ...up, ...route]) });
}

const lines = (commands: readonly string[]): string => `${commands.join("\n")}\n`;
