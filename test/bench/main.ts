/** npm run bench -- NAME: measures side by side with peers in the same run. */
import { parseArgs } from "node:util";
import { benchConnections } from "./connections.js";
import { type ContenderName, contenderNames } from "./contender/contender.js";
import { benchFailover, type FailoverOptions, failoverParts, usualParts } from "./failover/bench.js";
import { failoverTable } from "./failover/table.js";
import { connectionsTable, throughputTable } from "./hop-table.js";
import { benchScale, type Dimension, dimensions } from "./scale.js";
import { scaleTable } from "./scale-table.js";
import { benchSync, type SyncPart, syncParts } from "./sync/bench.js";
import { syncTable } from "./sync/table.js";
import { benchThroughput } from "./throughput.js";

const measured = ["failover", "sync", "throughput", "connections", "scale"] as const;
const usage = `npm run bench -- failover [--only ${failoverParts.join(",")}] [--runs 3] [--load 60] [--minutes 10] [--json]
npm run bench -- sync [--only ${syncParts.join(",")}] [--rounds 3] [--json]
npm run bench -- throughput|connections [--against ${contenderNames.join(",")}] [--rounds 3] [--seconds 4] [--json]
npm run bench -- scale [--of ${dimensions.join(",")}] [--rounds 3] [--seconds 4] [--json]
`;

const usageError = new Error("wrong usage");

const { name, failover, parts, rounds, against, of, seconds, json } = readArguments();
const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
const { passed, text } = await measure();
process.stdout.write(`${text}\n`);
process.exit(passed ? 0 : 1);

async function measure(): Promise<Outcome> {
  const known = measured.find((one) => one === name);
  switch (known) {
    case "failover":
      return told(await benchFailover(failover, say), failoverTable);
    case "sync":
      return told(await benchSync(parts, rounds, say), syncTable);
    case "throughput":
      return told(await benchThroughput(against, rounds, seconds, say), throughputTable);
    case "connections":
      return told(await benchConnections(against, rounds, seconds, say), connectionsTable);
    case "scale":
      return told(await benchScale(of, rounds, seconds, say), scaleTable);
    case undefined:
      say(`${name}: not measured yet; there is: ${measured.join(", ")}`);
      return process.exit(2);
  }
}

/** The figures as they were asked for. */
function told<Bench extends { readonly passed: boolean }>(bench: Bench, table: (bench: Bench) => string): Outcome {
  return { passed: bench.passed, text: json ? JSON.stringify(bench, undefined, 2) : table(bench) };
}

interface Outcome {
  readonly passed: boolean;
  readonly text: string;
}

interface Arguments {
  readonly name: string;
  readonly failover: FailoverOptions;
  readonly parts: readonly SyncPart[];
  readonly rounds: number;
  readonly against: readonly ContenderName[];
  readonly of: readonly Dimension[];
  readonly seconds: number;
  readonly json: boolean;
}

function readArguments(): Arguments {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        runs: { type: "string", default: "3" },
        load: { type: "string", default: "60" },
        minutes: { type: "string", default: "10" },
        only: { type: "string" },
        rounds: { type: "string", default: "3" },
        against: { type: "string", default: contenderNames.join() },
        of: { type: "string", default: dimensions.join() },
        seconds: { type: "string", default: "4" },
        json: { type: "boolean", default: false },
      },
    });
    const [runs = 0, loadSeconds = -1, minutes = 0, rounds = 0, seconds = 0] = [
      values.runs,
      values.load,
      values.minutes,
      values.rounds,
      values.seconds,
    ].map(Number);
    const only = <Name extends string>(bench: string, known: readonly Name[], unasked = known): readonly Name[] =>
      values.only === undefined || positionals[0] !== bench ? unasked : knownOf(known, values.only);
    const failover = { parts: only("failover", failoverParts, usualParts), runs, loadSeconds, minutes };
    const parts = only("sync", syncParts);
    const against = knownOf(contenderNames, values.against);
    const of = knownOf(dimensions, values.of);
    if (positionals[0] === undefined || !(runs >= 1 && rounds >= 1 && loadSeconds >= 0 && minutes > 0 && seconds >= 1))
      throw usageError;
    return { name: positionals[0], failover, parts, rounds, against, of, seconds, json: values.json };
  } catch {
    process.stderr.write(usage);
    process.exit(2);
  }
}

/** The names in a list with commas; throws when one is not among the known ones. */
function knownOf<Name extends string>(known: readonly Name[], list: string): Name[] {
  return list.split(",").map((name) => {
    const found = known.find((one) => one === name);
    if (found === undefined) throw usageError;
    return found;
  });
}
