import { run } from "../../topology/command.js";
import type { Machine } from "../../topology/machine.js";
import { program } from "../../traffic/instrument.js";
import { vipaird } from "../../vipair/node.js";
import type { ContenderName } from "../contender/contender.js";
import type { BenchHosts } from "./hosts.js";

/** What a machine must have for its role; each is a command, a file, or an interface. */
interface Requirements {
  readonly machine: Machine;
  readonly commands: readonly string[];
  readonly files: readonly string[];
  readonly links: readonly string[];
}

const everywhere = ["ip", "sysctl", "setsid"];

/** What each contender needs on the balancer. Whoever sets up rules or routes by hand needs `nft` to take them away. */
const byContender: Readonly<Record<ContenderName, Pick<Requirements, "commands" | "files">>> = {
  direct: { commands: [], files: [] },
  routing: { commands: ["nft"], files: [] },
  vipair: { commands: ["nft"], files: [process.execPath, vipaird] },
  "vipair-fast": { commands: ["nft"], files: [process.execPath, vipaird] },
  "vipair-all": { commands: ["nft"], files: [process.execPath, vipaird] },
  nftlb: { commands: ["nft", "nftlb", "curl", "ss"], files: [] },
  haproxy: { commands: ["nft", "haproxy", "ss"], files: [] },
  nginx: { commands: ["nft", "nginx", "ss"], files: ["/usr/lib/nginx/modules/ngx_stream_module.so"] },
  node: { commands: ["nft", "ss"], files: [process.execPath, program("bench/contender/node-proxy-program")] },
};

/** Throws an Error that names everything that the machines lack, if they lack something. */
export async function checkHosts(hosts: BenchHosts, contenders: readonly ContenderName[]): Promise<void> {
  const lacks = await Promise.all(requirementsOf(hosts, contenders).map(lacking));
  const lines = [...new Set(lacks.flat())];
  if (lines.length > 0) throw new Error(["the machines are not ready:", ...lines.map((one) => `  ${one}`)].join("\n"));
}

function requirementsOf(
  { client, balancer, servers }: BenchHosts,
  contenders: readonly ContenderName[],
): Requirements[] {
  const needs = contenders.map((name) => byContender[name]);
  return [
    {
      machine: client.machine,
      commands: [...everywhere, "wrk", "iperf3", "nginx", "ss"],
      files: [process.execPath, program("bench/load/connects-program")],
      links: [client.link],
    },
    {
      machine: balancer.machine,
      commands: [...everywhere, ...needs.flatMap(({ commands }) => commands)],
      files: needs.flatMap(({ files }) => files),
      links: [balancer.link, balancer.serverSide],
    },
    { machine: servers.machine, commands: [...everywhere, "iperf3", "nginx", "ss"], files: [], links: [servers.link] },
  ];
}

/** Says a word for each thing that is missing. Several kinds of things come one after the other, with a dash before each kind. */
const script = `
[ "$(id -u)" = 0 ] || echo root
while [ "$1" != - ]; do command -v "$1" >/dev/null || echo "command $1"; shift; done; shift
while [ "$1" != - ]; do [ -e "$1" ] || echo "file $1"; shift; done; shift
while [ $# != 0 ]; do [ -e "/sys/class/net/$1" ] || echo "interface $1"; shift; done
`;

async function lacking({ machine, commands, files, links }: Requirements): Promise<string[]> {
  const words = [...new Set(commands), "-", ...new Set(files), "-", ...links];
  const { code, stdout, stderr } = await run(machine.command(["sh", "-c", script, "sh", ...words]), {
    timeoutMs: 30_000,
  });
  if (code !== 0) return [`${machine.name} cannot be reached: ${stderr.trim() || `ssh exited with ${code}`}`];
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => sentence(machine, line));
}

function sentence({ name }: Machine, line: string): string {
  const [kind, what = ""] = line.split(" ");
  switch (kind) {
    case "root":
      return `${name}: only root may make network namespaces: ssh://root@…`;
    case "command":
      return `${name}: ${what} is not installed`;
    case "file":
      return `${name}: ${what} is not there: it needs this repository at the same path, built, and the same Node.js`;
    default:
      return `${name}: there is no interface ${what}`;
  }
}
