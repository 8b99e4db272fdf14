import { ArpWatch } from "../arp/watch.js";
import { type CauseName, causeNames, causes } from "../failover/cause.js";
import { type Failover, measureFailover } from "../failover/measure.js";
import type { PairUnderTest } from "../failover/pair.js";
import { KeepalivedPair } from "../keepalived/pair.js";
import { virtualAddress } from "../topology/plan.js";
import { Topology } from "../topology/topology.js";
import { Meter } from "../traffic/meter.js";
import { startServer } from "../traffic/server.js";

/** Runs one pair on a network of its own through each cause as often as asked; calls `done` after each failover. */
export async function measurePair(
  start: (topology: Topology) => Promise<PairUnderTest>,
  selected: readonly CauseName[],
  done: (failover: Failover) => void,
): Promise<void> {
  const topology = await Topology.open();
  try {
    await Promise.all([startServer(topology.host("rs1")), startServer(topology.host("rs2"))]);
    const pair = await start(topology);
    const meter = new Meter(topology.host("client"), virtualAddress);
    const arp = await ArpWatch.open(topology);
    for (const name of selected) {
      done(await measureFailover(topology, pair, causes[name], { meter, arp, http: undefined }));
    }
  } finally {
    await topology.close();
  }
}

if (process.argv[2] === "keepalived") {
  await measurePair(KeepalivedPair.start, causeNames, (failover) => console.log(JSON.stringify(failover)));
}
