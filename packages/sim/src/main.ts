import process from "node:process";
import { parseArgs } from "node:util";
import { explore } from "./exhaustive/explore.js";
import { exploredPairs } from "./exhaustive/pairs.js";
import { owns, type Scene } from "./exhaustive/scene.js";
import { type RunResult, runSeed } from "./run.js";

/** The simulator's command: one seed with its trace, or many with a summary. Exit status 1 when a promise broke. */
const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string", default: "1-1000" },
    trace: { type: "boolean", default: false },
    exhaustive: { type: "boolean", default: false },
    losses: { type: "string", default: "2" },
    delays: { type: "string", default: "1" },
    crashes: { type: "string", default: "1" },
  },
});

if (values.exhaustive) exploreAll();
else if (values.seed === undefined) runMany(values.seeds);
else runOne(Number(values.seed), values.trace);

function runOne(seed: number, trace: boolean): void {
  const result = runSeed(seed, { trace });
  for (const line of result.trace) console.log(line);
  report(seed, result);
  summarize([result]);
}

function runMany(range: string): void {
  const [from = 1, to = from] = range.split("-").map(Number);
  const results: RunResult[] = [];
  for (let seed = from; seed <= to; seed++) {
    const result = runSeed(seed);
    results.push(result);
    if (!result.ok) report(seed, result);
  }
  summarize(results);
}

function exploreAll(): void {
  const left = { losses: Number(values.losses), delays: Number(values.delays), crashes: Number(values.crashes) };
  const most = `${left.losses} losses, ${left.delays} delays, ${left.crashes} crashes`;
  for (const { name, rules } of exploredPairs) {
    const { states, steps, broken } = explore(rules, left);
    console.log(`${name}, at most ${most}: ${states} states, ${steps} steps, ${broken?.what ?? "no promise broken"}`);
    for (const scene of broken?.path ?? []) console.log(describeScene(scene));
    if (broken !== undefined) process.exitCode = 1;
  }
}

function describeScene({ now, nodes, mail, left }: Scene): string {
  const roles = nodes.map((node) => `${node.state?.role ?? "dead"}${owns(node, now) ? "*" : ""}`).join(" ");
  const letters = mail.map(
    (one) => `${one.type === "event" ? one.event.type : one.heartbeat.role}@${one.at.toFixed(1)}`,
  );
  return `${now.toFixed(1).padStart(9)} ms  ${roles}  left ${JSON.stringify(left)}  mail ${letters.join(" ")}`;
}

function report(seed: number, { violations }: RunResult): void {
  for (const { atMs, checker, what } of violations) {
    console.log(`seed ${seed} at ${atMs.toFixed(1)} ms, ${checker}: ${what}`);
  }
}

function summarize(results: readonly RunResult[]): void {
  const broken = results.filter((result) => !result.ok).length;
  console.log(`${results.length} seeds, ${broken} with broken promises`);
  console.log(`takeovers: ${total(results.map((result) => result.takeovers))}`);
  console.log(`given up: ${total(results.map((result) => result.losses))}`);
  console.log(`faults: ${total(results.map((result) => result.faults))}`);
  if (broken > 0) process.exitCode = 1;
}

function total(counts: readonly ReadonlyMap<string, number>[]): string {
  const sums = new Map<string, number>();
  for (const map of counts) for (const [key, n] of map) sums.set(key, (sums.get(key) ?? 0) + n);
  return [...sums].map(([key, n]) => `${key} ${n}`).join(", ");
}
