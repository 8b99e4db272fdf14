/** npm run bench -- NAME: measures side by side with peers in the same run. */
import { parseArgs } from "node:util";
import { benchFailover, type FailoverBench } from "./failover.js";
import { failoverTable } from "./table.js";

const measured = ["failover"];
const usage = `npm run bench -- NAME [--runs 5] [--load 60] [--json]; measured today: ${measured.join(", ")}\n`;

const { name, runs, loadSeconds, json } = readArguments();
const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
if (!measured.includes(name)) {
  say(`${name}: not measured yet; there is: ${measured.join(", ")}`);
  process.exit(2);
}
const result: FailoverBench = await benchFailover(runs, loadSeconds * 1_000, say);
process.stdout.write(json ? `${JSON.stringify(result, undefined, 2)}\n` : `${failoverTable(result)}\n`);
process.exit(result.passed ? 0 : 1);

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
