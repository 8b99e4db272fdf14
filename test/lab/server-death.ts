import { type Instruments, observe } from "../failover/measure.js";
import { type Row, row } from "../failover/row.js";
import { monotonicMs, pause, until } from "../topology/clock.js";
import type { Running } from "../topology/running.js";
import type { Topology } from "../topology/topology.js";
import { startServer } from "../traffic/server.js";
import type { VipairPair } from "../vipair/pair.js";

/** Two failed checks, 500 ms apart, of 400 ms at most; and the time of a tick. */
const detectionMs = 1_500;

/** Kills a real server, waits until the pair has noticed, and reports what the client saw of it. */
export async function measureServerDeath(pair: VipairPair, server: Running, instruments: Instruments): Promise<Row> {
  const fromMs = monotonicMs();
  server.signalAll("SIGKILL");
  await until("rs1 is down on the active node", 10_000, () => seen(pair, "down"));
  await pause(1_500);
  const observation = await observe(instruments, fromMs, monotonicMs());
  const missed: string[] = [];
  const outage = observation.http?.longestFailureMs ?? 0;
  if (outage > detectionMs) missed.push(`HTTP requests failed for ${outage} ms, bound ${detectionMs} ms`);
  const gap = observation.meter.gapMs;
  if (gap > detectionMs) missed.push(`datagrams were lost for ${gap} ms, bound ${detectionMs} ms`);
  return row("real server rs1 killed", observation, `failures ≤ ${detectionMs} ms`, missed);
}

/** Starts the server again and waits until it gets requests. */
export async function measureServerReturn(
  pair: VipairPair,
  topology: Topology,
  instruments: Instruments,
): Promise<Row> {
  const startedAt = monotonicMs();
  await startServer(topology.host("rs1"));
  await until("rs1 is up on the active node", 10_000, () => seen(pair, "up"));
  await pause(1_000);
  const observation = await observe(instruments, startedAt, monotonicMs());
  const missed: string[] = [];
  if (observation.http?.servers.includes("rs1") !== true) missed.push("rs1 got no request");
  if ((observation.http?.failed ?? 0) > 0) missed.push(`${observation.http?.failed} HTTP requests failed`);
  if (observation.meter.lost > 0) missed.push(`${observation.meter.lost} datagrams lost`);
  return row("real server rs1 back", observation, "nothing fails, rs1 serves", missed);
}

async function seen(pair: VipairPair, health: "up" | "down"): Promise<boolean> {
  const status = await pair.nodes[await pair.active()].status();
  const servers = status.services.flatMap((service) => service.servers.filter(({ name }) => name === "rs1"));
  const v4 = servers.filter(({ address }) => !address.includes("["));
  return v4.length > 0 && v4.every((server) => server.health === health);
}
