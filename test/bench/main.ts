/** npm run bench -- NAME…: measures side by side with peers in the same run. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Arguments, type BenchName, readArguments, type Settings, usage } from "./arguments.js";
import { benchConnections } from "./connections.js";
import { equip } from "./contender/all.js";
import type { Network } from "./contender/contender.js";
import { benchFailover } from "./failover/bench.js";
import { failoverTable } from "./failover/table.js";
import { connectionsTable, throughputTable } from "./hop-table.js";
import type { BenchHosts } from "./hosts/hosts.js";
import { openHosts } from "./hosts/network.js";
import { checkHosts } from "./hosts/requirements.js";
import { drawFigures, type Figures } from "./picture/picture.js";
import { benchScale } from "./scale.js";
import { scaleTable } from "./scale-table.js";
import { benchSync } from "./sync/bench.js";
import { syncTable } from "./sync/table.js";
import { benchThroughput } from "./throughput.js";

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const given = argumentsOrExit();
process.exit((given.kind === "picture" ? drawAll(given.files) : await measureAll(given)) ? 0 : 1);

function argumentsOrExit(): Arguments {
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    say(`${(error as Error).message}\n${usage}`);
    return process.exit(2);
  }
}

/** One after the other; whether all of them passed. */
async function measureAll({ names, ...settings }: Arguments & { kind: "measure" }): Promise<boolean> {
  const network = settings.hosts && (await openMachines(settings.hosts, settings.against));
  try {
    if (network !== undefined) await equip(network);
    let passed = true;
    for (const name of names) passed = (await measure(name, settings, network)) && passed;
    return passed;
  } finally {
    await network?.close();
  }
}

/** Ends this process with a reason when a machine is not fit for its role. */
async function openMachines(hosts: BenchHosts, against: Settings["against"]): Promise<Network> {
  try {
    await checkHosts(hosts, against);
    return await openHosts(hosts);
  } catch (error) {
    say((error as Error).message);
    return process.exit(1);
  }
}

async function measure(bench: BenchName, settings: Settings, network?: Network): Promise<boolean> {
  const { failover, sync, rounds, against, of, most, seconds } = settings;
  switch (bench) {
    case "failover":
      return tell({ bench, ...(await benchFailover(failover, say)) }, failoverTable, settings);
    case "sync":
      return tell({ bench, ...(await benchSync(sync, rounds, say)) }, syncTable, settings);
    case "throughput":
      return tell(
        { bench, ...(await benchThroughput(against, rounds, seconds, say, network)) },
        throughputTable,
        settings,
      );
    case "connections":
      return tell(
        { bench, ...(await benchConnections(against, rounds, seconds, say, network)) },
        connectionsTable,
        settings,
      );
    case "scale":
      return tell({ bench, ...(await benchScale({ of, most, rounds, seconds }, say)) }, scaleTable, settings);
  }
}

/** Writes the figures as they were asked for; whether the bounds were met. */
function tell<Told extends Figures>(figures: Told, table: (figures: Told) => string, { json, svg }: Settings): boolean {
  const written = JSON.stringify(figures, undefined, 2);
  process.stdout.write(`${json ? written : table(figures)}\n`);
  if (svg !== undefined) {
    mkdirSync(svg, { recursive: true });
    const file = join(svg, `${figures.bench}.json`);
    writeFileSync(file, `${written}\n`);
    drawAll([file]);
  }
  return figures.passed;
}

/** Draws the picture of each file of figures beside it. */
function drawAll(files: readonly string[]): true {
  for (const file of files) {
    const picture = file.replace(/(\.json)?$/, ".svg");
    writeFileSync(picture, drawFigures(readFileSync(file, "utf8")));
    say(`drawn: ${picture}`);
  }
  return true;
}
