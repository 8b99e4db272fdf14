import { afterAll, beforeAll, expect, test } from "vitest";
import { causeNames, causes } from "../failover/cause.js";
import { type Instruments, measureFailover, missedBounds } from "../failover/measure.js";
import { openInstruments, openStage, type Stage } from "../stage/stage.js";
import { VipairPair } from "../vipair/pair.js";

let stage: Stage<VipairPair>;
let instruments: Instruments;

beforeAll(async () => {
  stage = await openStage(VipairPair.start);
  instruments = await openInstruments(stage.topology, { http: true });
});
afterAll(() => stage?.topology.close());

test.each(causeNames)("%s: the client notices no more than is promised", async (name) => {
  const failover = await measureFailover(stage.topology, stage.pair, causes[name], instruments);
  expect(missedBounds(failover, causes[name]), JSON.stringify(failover, undefined, 1)).toEqual([]);
});

test("a planned failover fails no HTTP request and says what it cost", async () => {
  const failover = await measureFailover(stage.topology, stage.pair, causes.planned, instruments);
  expect(failover.failover.http).toMatchObject({ failed: 0 });
  expect(stage.pair.handovers.at(-1)).toMatchObject({ from: failover.from, to: failover.to });
});
