import { ArpWatch } from "../arp/watch.js";
import type { Instruments } from "../failover/measure.js";
import type { PairUnderTest } from "../failover/pair.js";
import { type HostName, virtualAddress } from "../topology/plan.js";
import type { Running } from "../topology/running.js";
import { Topology } from "../topology/topology.js";
import { HttpClient } from "../traffic/http.js";
import { Meter } from "../traffic/meter.js";
import { startServer } from "../traffic/server.js";
import { keepEvidence } from "./evidence.js";

/** A test network with real servers that answer and a pair that serves. */
export interface Stage<P extends PairUnderTest = PairUnderTest> {
  readonly topology: Topology;
  readonly pair: P;
  readonly servers: Readonly<Record<"rs1" | "rs2", Running>>;
}

/** Builds the network, starts the servers and the pair; removes everything again when one of these fails. */
export async function openStage<P extends PairUnderTest>(start: (topology: Topology) => Promise<P>): Promise<Stage<P>> {
  const topology = await Topology.open();
  try {
    const server = (name: HostName): Promise<Running> => startServer(topology.host(name));
    const [rs1, rs2] = await Promise.all([server("rs1"), server("rs2")]);
    return { topology, pair: await start(topology), servers: { rs1, rs2 } };
  } catch (error) {
    keepEvidence("start");
    await topology.close();
    throw error;
  }
}

/** Starts traffic from the client, and the watch over who answers ARP. */
export async function openInstruments(topology: Topology, options: { http: boolean }): Promise<Instruments> {
  const client = topology.host("client");
  const meter = new Meter(client, virtualAddress);
  const http = options.http ? new HttpClient(client, `http://${virtualAddress}/`) : undefined;
  return { meter, http, arp: await ArpWatch.open(topology) };
}

/** Without HTTP, and only while it is measured: what else the machine carries is measured on an idle one. */
export async function instrumented<Result>(
  topology: Topology,
  measure: (instruments: Instruments) => Promise<Result>,
): Promise<Result> {
  const instruments = await openInstruments(topology, { http: false });
  try {
    return await measure(instruments);
  } finally {
    await endInstruments(instruments);
  }
}

export async function endInstruments({ meter, arp, http }: Instruments): Promise<void> {
  await Promise.all([meter.end(), arp.end(), http?.end()]);
}
