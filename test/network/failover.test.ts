import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { causeNames, causes } from "../failover/cause.js";
import { type Failover, type Instruments, measureFailover, missedBounds } from "../failover/measure.js";
import { openInstruments, openStage, type Stage } from "../stage/stage.js";
import { vipairConfiguration } from "../vipair/configuration.js";
import { VipairPair } from "../vipair/pair.js";

let stage: Stage<VipairPair>;
let instruments: Instruments;

describe.each([
  { way: "the ordinary way", fastPath: false },
  { way: "a fast path where connections begin", fastPath: "all" },
] as const)("on $way", ({ fastPath }) => {
  beforeAll(async () => {
    const configuration = (secret: string): string => vipairConfiguration(secret, { fastPath });
    stage = await openStage((topology) => VipairPair.start(topology, configuration));
    instruments = await openInstruments(stage.topology, { http: true });
  });
  afterAll(() => stage?.topology.close());

  test.each(causeNames)("%s: the client notices no more than is promised", async (name) => {
    const failover = await measureFailover(stage.topology, stage.pair, causes[name], instruments);
    const missed = missedBounds(failover, causes[name]);
    expect(missed, missed.length === 0 ? "" : await evidence(failover)).toEqual([]);
  });

  test("a planned failover fails no HTTP request and says what it cost", async () => {
    const failover = await measureFailover(stage.topology, stage.pair, causes.planned, instruments);
    expect(failover.failover.http).toMatchObject({ failed: 0 });
    expect(stage.pair.handovers.at(-1)).toMatchObject({ from: failover.from, to: failover.to });
  });
});

/** What was seen, and what the nodes say happened. */
async function evidence(failover: Failover): Promise<string> {
  const events = await Promise.all([stage.pair.nodes.lb1.events(), stage.pair.nodes.lb2.events()]);
  const story = events.flat().sort((a, b) => a.at.localeCompare(b.at));
  return [
    JSON.stringify(failover),
    ...story.slice(-30).map(({ at, node, message }) => `${at} ${node} ${message}`),
  ].join("\n");
}
