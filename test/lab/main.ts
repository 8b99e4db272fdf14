/**
 * The lab: a pair of load balancers as an operator runs it, on a network inside this machine, with real traffic and
 * real failures. It says what the client saw of each, and fails when a bound is missed.
 */
import { causeNames, causes } from "../failover/cause.js";
import { type Instruments, measureFailover, observe } from "../failover/measure.js";
import { failoverRow, type Row, row } from "../failover/row.js";
import { openInstruments, openStage, type Stage } from "../stage/stage.js";
import { monotonicMs, pause } from "../topology/clock.js";
import { Connections } from "../traffic/connections/connections.js";
import { targets } from "../traffic/target.js";
import { VipairPair } from "../vipair/pair.js";
import { readOptions } from "./options.js";
import { picture } from "./picture.js";
import { Screen } from "./screen.js";
import { measureServerDeath, measureServerReturn } from "./server-death.js";
import { stayText } from "./stay.js";

/** Opened once, and expected to live through everything that happens to the pair. */
const established = {
  targets: [targets.nat],
  busy: 100,
  everyMs: 100,
  idle: 100,
  streams: 1,
  octetsPerSecond: 20 << 20,
};

const options = readOptions(process.argv.slice(2));
const screen = new Screen(options.json);
try {
  screen.say(picture);
  const starting = "starting the network, the real servers, and vipaird on lb1 and lb2";
  const stage = await screen.during(starting, openStage(VipairPair.start));
  process.exitCode = (await show(stage)) ? 0 : 1;
  await stage.topology.close();
} catch (error) {
  screen.say(`The lab broke off: ${error instanceof Error ? error.message : String(error)}`);
  if (options.json) process.stdout.write(`${JSON.stringify({ passed: false, error: String(error) })}\n`);
  process.exitCode = 1;
}
process.exit(); // which also removes what a failure left of the network

/** Prints what the client sees of every event; returns whether every bound was kept. */
async function show(stage: Stage<VipairPair>): Promise<boolean> {
  const rows = await perform(stage);
  screen.say();
  screen.table(rows);
  const passed = rows.every(({ missed }) => missed.length === 0);
  screen.say(passed ? "Every bound was kept." : "A bound was missed.");
  if (options.json) process.stdout.write(`${JSON.stringify({ passed, rows }, undefined, 2)}\n`);
  if (options.stay) await stay(stage.pair);
  return passed;
}

async function perform({ topology, pair, servers }: Stage<VipairPair>): Promise<Row[]> {
  const instruments = await screen.during("starting the client's traffic", openInstruments(topology, { http: true }));
  const rows: Row[] = [];
  const measure = async (title: string, work: () => Promise<Row>): Promise<void> => {
    const measured = await screen.during(title, work());
    screen.row(measured);
    rows.push(measured);
  };
  await measure("undisturbed traffic", () => measureQuiet(instruments));
  const connections = await Connections.open(topology.host("client"), established);
  for (const name of causeNames) {
    const cause = causes[name];
    await measure(cause.title, async () => {
      const { alive: before } = await connections.report();
      const failover = await measureFailover(topology, pair, cause, instruments);
      const { alive } = await connections.prove();
      return failoverRow(failover, { lost: before - alive, of: before });
    });
  }
  await connections.end();
  await measure("real server rs1 killed", () => measureServerDeath(pair, servers.rs1, instruments));
  await measure("real server rs1 back", () => measureServerReturn(pair, topology, instruments));
  return rows;
}

async function measureQuiet(instruments: Instruments): Promise<Row> {
  await pause(500);
  const fromMs = monotonicMs();
  await pause(2_000);
  const observation = await observe(instruments, fromMs, monotonicMs());
  const { meter, http } = observation;
  const missed = [
    ...(meter.lost > 0 ? [`${meter.lost} datagrams lost`] : []),
    ...(http && http.failed > 0 ? [`${http.failed} HTTP requests failed: ${http.errors.join(", ")}`] : []),
    ...(meter.answered === 0 ? ["no datagram was answered"] : []),
  ];
  return row("undisturbed traffic", observation, "nothing lost", missed);
}

/** Until Ctrl-C, which removes the topology. */
async function stay(pair: VipairPair): Promise<void> {
  screen.say(stayText(pair));
  for (;;) await pause(60_000);
}
