/** npm run bench -- NAME: measures side by side with peers in the same run. */
import { parseArgs } from "node:util";
import { benchFailover } from "./failover.js";
import { benchSync } from "./sync/bench.js";
import { syncTable } from "./sync/table.js";
import { failoverTable } from "./table.js";

const measured = ["failover", "sync"] as const;
const usage = `npm run bench -- NAME [--runs 5] [--load 60] [--json]; measured today: ${measured.join(", ")}\n`;

const { name, runs, loadSeconds, json } = readArguments();
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
      const bench = await benchSync(say);
      return { passed: bench.passed, text: json ? JSON.stringify(bench, undefined, 2) : syncTable(bench) };
    }
    case undefined:
      say(`${name}: not measured yet; there is: ${measured.join(", ")}`);
      return process.exit(2);
  }
}

function readArguments(): { name: string; runs: number; loadSeconds: number; json: boolean } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        runs: { type: "string", default: "5" },
        load: { type: "string", default: "60" },
        json: { type: "boolean", default: false },
      },
    });
    const [runs, loadSeconds] = [Number(values.runs), Number(values.load)];
    if (positionals[0] === undefined || !(runs >= 1) || !(loadSeconds >= 0)) throw new Error("wrong usage");
    return { name: positionals[0], runs, loadSeconds, json: values.json };
  } catch {
    process.stderr.write(usage);
    process.exit(2);
  }
}
