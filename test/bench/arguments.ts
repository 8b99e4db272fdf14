import { parseArgs } from "node:util";
import { type ContenderName, contenderNames } from "./contender/contender.js";
import { type FailoverOptions, failoverParts, usualParts } from "./failover/bench.js";
import { type BenchHosts, readHosts } from "./hosts/hosts.js";
import { type Dimension, dimensions } from "./scale.js";
import { type SyncPart, syncParts } from "./sync/bench.js";

export const benchNames = ["throughput", "connections", "scale", "failover", "sync"] as const;
export type BenchName = (typeof benchNames)[number];

export const usage = `npm run bench -- NAME… [--json] [--svg DIRECTORY]
  throughput, connections  [--against ${contenderNames.join(",")}] [--rounds 3] [--seconds 4]
  scale                    [--of ${dimensions.join(",")}] [--most 200000] [--rounds 3] [--seconds 4]
  failover                 [--only ${failoverParts.join(",")}]
                           [--runs 3] [--load 60] [--minutes 10]
  sync                     [--only ${syncParts.join(",")}] [--rounds 3]
                           [--hosts client=ssh://root@a/eth1/eth2,balancer=ssh://root@b/eth1/eth2[,servers=ssh://…/eth1]]
                           [--ssh-config FILE]
  --svg: also writes the figures (NAME.json) and a picture of them (NAME.svg) there
npm run bench -- picture FILE.json…
  draws the pictures of figures again
`;

export type Arguments =
  | { readonly kind: "picture"; readonly files: readonly string[] }
  | ({ readonly kind: "measure"; readonly names: readonly BenchName[] } & Settings);

export interface Settings {
  readonly failover: FailoverOptions;
  readonly sync: readonly SyncPart[];
  readonly rounds: number;
  readonly against: readonly ContenderName[];
  readonly of: readonly Dimension[];
  /** The largest size of what grows. */
  readonly most: number;
  readonly seconds: number;
  readonly json: boolean;
  /** The machines of `throughput` and `connections`; `undefined`: namespaces of this one. */
  readonly hosts: BenchHosts | undefined;
  /** Where figures and pictures go. */
  readonly svg: string | undefined;
}

/** @throws Error when they make no sense */
export function readArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      runs: { type: "string", default: "3" },
      load: { type: "string", default: "60" },
      minutes: { type: "string", default: "10" },
      only: { type: "string" },
      rounds: { type: "string", default: "3" },
      against: { type: "string", default: contenderNames.join() },
      of: { type: "string", default: dimensions.join() },
      most: { type: "string", default: "200000" },
      seconds: { type: "string", default: "4" },
      json: { type: "boolean", default: false },
      svg: { type: "string" },
      hosts: { type: "string" },
      "ssh-config": { type: "string" },
    },
  });
  const [first, ...files] = positionals;
  if (first === undefined) throw new Error("what is to be measured?");
  if (first === "picture") {
    if (files.length === 0) throw new Error("picture: of which files?");
    return { kind: "picture", files };
  }
  const names = positionals.map((name) => known(benchNames, name));
  const here = names.find((name) => name !== "throughput" && name !== "connections");
  if (values.hosts !== undefined && here !== undefined) throw new Error(`${here} has no --hosts`);
  const { only } = values;
  const partsOf = <Part extends string>(bench: BenchName, parts: readonly Part[], unasked: readonly Part[]) =>
    only === undefined || !names.includes(bench) ? unasked : listOf(parts, only);
  const ssh = values["ssh-config"] === undefined ? {} : { options: ["-F", values["ssh-config"]] };
  return {
    kind: "measure",
    names,
    hosts: values.hosts === undefined ? undefined : readHosts(values.hosts, ssh),
    failover: {
      parts: partsOf("failover", failoverParts, usualParts),
      runs: numberFrom(1, values.runs),
      loadSeconds: numberFrom(0, values.load),
      minutes: numberFrom(0.1, values.minutes),
    },
    sync: partsOf("sync", syncParts, syncParts),
    rounds: numberFrom(1, values.rounds),
    against: listOf(contenderNames, values.against),
    of: listOf(dimensions, values.of),
    most: numberFrom(1, values.most),
    seconds: numberFrom(1, values.seconds),
    json: values.json,
    svg: values.svg,
  };
}

const listOf = <Name extends string>(names: readonly Name[], list: string): Name[] =>
  list.split(",").map((name) => known(names, name));

function known<Name extends string>(names: readonly Name[], name: string): Name {
  const found = names.find((one) => one === name);
  if (found === undefined) throw new Error(`${name}: there is ${names.join(", ")}`);
  return found;
}

function numberFrom(least: number, text: string): number {
  const value = Number(text);
  if (!(value >= least)) throw new Error(`${text}: a number from ${least} on is wanted`);
  return value;
}
