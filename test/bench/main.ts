/** npm run bench -- NAME: measures side by side with peers in the same run. */
import { parseArgs } from "node:util";
import { benchFailover } from "./failover.js";
import { benchSync, type SyncPart, syncParts } from "./sync/bench.js";
import { syncTable } from "./sync/table.js";
import { failoverTable } from "./table.js";

const measured = ["failover", "sync"] as const;
const usage = `npm run bench -- failover [--runs 5] [--load 60] [--json]
npm run bench -- sync [--only ${syncParts.join(",")}] [--rounds 3] [--json]
`;

const { name, runs, loadSeconds, parts, rounds, json } = readArguments();
const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
const { passed, text } = await measure();
process.stdout.write(`${text}\n`);
process.exit(passed ? 0 : 1);

async function measure(): Promise<{ passed: boolean; text: string }> {
  const known = measured.find((one) => one === name);
  switch (known) {
    case "failover": {
      const bench = await benchFailover(runs, loadSeconds * 1_000, say);
      return { passed: bench.passed, text: json ? JSON.stringify(bench, undefined, 2) : failoverTable(bench) };
    }
    case "sync": {
      const bench = await benchSync(parts, rounds, say);
      return { passed: bench.passed, text: json ? JSON.stringify(bench, undefined, 2) : syncTable(bench) };
    }
    case undefined:
      say(`${name}: not measured yet; there is: ${measured.join(", ")}`);
      return process.exit(2);
  }
}

interface Arguments {
  readonly name: string;
  readonly runs: number;
  readonly loadSeconds: number;
  readonly parts: readonly SyncPart[];
  readonly rounds: number;
  readonly json: boolean;
}

function readArguments(): Arguments {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        runs: { type: "string", default: "5" },
        load: { type: "string", default: "60" },
        only: { type: "string", default: syncParts.join() },
        rounds: { type: "string", default: "3" },
        json: { type: "boolean", default: false },
      },
    });
    const [runs, loadSeconds, rounds] = [Number(values.runs), Number(values.load), Number(values.rounds)];
    const parts = values.only.split(",").map((part) => syncParts.find((known) => known === part));
    const known = parts.flatMap((part) => part ?? []);
    const sensible = runs >= 1 && rounds >= 1 && loadSeconds >= 0 && known.length === parts.length;
    if (positionals[0] === undefined || !sensible) throw new Error("wrong usage");
    return { name: positionals[0], runs, loadSeconds, parts: known, rounds, json: values.json };
  } catch {
    process.stderr.write(usage);
    process.exit(2);
  }
}
