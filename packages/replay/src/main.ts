import { readFileSync } from "node:fs";
import process from "node:process";
import { type Difference, type Replay, replay } from "./replay.js";

/** Replays files, each by itself. Exit status 1 when one differs, 2 when there is none to read. */
const files = process.argv.slice(2);
if (files.length === 0) {
  console.error("usage: npm run replay -- FILE…   (agent.jsonl and balance.jsonl of a node's recordings)");
  process.exit(2);
}
for (const file of files) {
  try {
    tell(file, replay(readFileSync(file, "utf8").split("\n")));
  } catch (error) {
    console.error(`${file}: ${(error as Error).message}`);
    process.exitCode = 2;
  }
}

function tell(file: string, { difference, ...counts }: Replay): void {
  const { events, effects, openings, dropped, cutShort } = counts;
  const notes = [
    ...(openings > 1 ? [`${openings} beginnings`] : []),
    ...(dropped > 0 ? [`${dropped} events were not recorded`] : []),
    ...(cutShort > 0 ? [`${cutShort} lines cut short`] : []),
  ];
  const verdict = difference === undefined ? "all the same" : "then a difference";
  console.log(`${file}: ${[`${events} events, ${effects} effects, ${verdict}`, ...notes].join("; ")}`);
  if (difference === undefined) return;
  for (const line of differenceLines(difference)) console.log(line);
  process.exitCode = 1;
}

function differenceLines({ line, what, event, recorded, replayed }: Difference): string[] {
  return [
    `line ${line}: ${what}`,
    ...(event === undefined ? [] : [`  event     ${JSON.stringify(event)}`]),
    ...(recorded ?? []).map((effect) => `  recorded  ${effect}`),
    ...(replayed ?? []).map((effect) => `  replayed  ${effect}`),
  ];
}
