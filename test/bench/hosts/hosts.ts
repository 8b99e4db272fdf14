import type { Machine } from "../../topology/machine.js";
import { type SshOptions, sshMachine } from "../../topology/ssh.js";

/**
 * The machines of a bench, as `--hosts` names them:
 *
 *     client=ssh://root@a/eth1/eth2,balancer=ssh://root@b/eth1/eth2                               two machines
 *     client=ssh://root@a/eth1,balancer=ssh://root@b/eth1/eth2,servers=ssh://root@c/eth1          three
 *
 * Behind the host stand its interfaces: on the clients' network, then on the servers' network. What a machine is not
 * between, it has no interface for.
 */
export interface BenchHosts {
  readonly client: Place;
  readonly balancer: Place & { readonly serverSide: string };
  readonly servers: Place;
}

/** A machine, and its interface on the network that its role is on; the balancer's is that of the clients. */
export interface Place {
  readonly machine: Machine;
  readonly link: string;
}

interface Written {
  readonly machine: Machine;
  readonly links: readonly string[];
}

/** @throws Error that says what is wrong with the text */
export function readHosts(text: string, options: Pick<SshOptions, "options"> = {}): BenchHosts {
  const written = new Map(text.split(",").map((one) => readHost(one, options)));
  const take = (role: string, count: number): Written => {
    const found = written.get(role);
    if (found === undefined) throw new Error(`--hosts: which machine is the ${role}? ${shape}`);
    if (found.links.length !== count) {
      throw new Error(
        `--hosts: the ${role} needs ${count === 1 ? "one interface" : "two interfaces"} behind its host: ${shape}`,
      );
    }
    return found;
  };
  const unknown = [...written.keys()].find((role) => !["client", "balancer", "servers"].includes(role));
  if (unknown !== undefined) throw new Error(`--hosts: there is no ${unknown}: ${shape}`);
  const isApart = written.has("servers");
  const client = take("client", isApart ? 1 : 2);
  const balancer = take("balancer", 2);
  const servers = isApart ? take("servers", 1) : client;
  return {
    client: { machine: client.machine, link: client.links[0] ?? "" },
    balancer: { machine: balancer.machine, link: balancer.links[0] ?? "", serverSide: balancer.links[1] ?? "" },
    servers: { machine: servers.machine, link: servers.links.at(-1) ?? "" },
  };
}

const shape = "client=ssh://root@a/eth1/eth2,balancer=ssh://root@b/eth1/eth2";

function readHost(text: string, options: Pick<SshOptions, "options">): [role: string, Written] {
  const [, role = "", address = ""] = /^(\w+)=(.*)$/.exec(text) ?? [];
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== "ssh:") throw new Error(`--hosts: ${text} is not ROLE=ssh://USER@HOST/INTERFACE: ${shape}`);
  const { username, hostname, port, pathname } = url;
  const destination = `${username === "" ? "root" : decodeURIComponent(username)}@${hostname}`;
  const machine = sshMachine(destination, { ...options, ...(port === "" ? {} : { port }) });
  return [role, { machine, links: pathname.split("/").filter((link) => link !== "") }];
}
