import type { Direction } from "../network/path.js";
import { serverLagMs } from "../world/config.js";
import type { World } from "../world/world.js";
import type { Disturbance, Fault } from "./fault.js";

/** Begins a fault now and plans its end. */
export function inject(world: World, fault: Fault): void {
  switch (fault.type) {
    case "crash":
    case "stop":
    case "balancerDeath":
    case "powerCut":
      return interrupt(world, fault);
    case "stall":
      return world.hosts[fault.node].stall(fault.durationMs);
    case "suspend":
      return world.hosts[fault.node].suspend(fault.durationMs);
    case "partition":
    case "loss":
    case "jitter":
    case "duplication":
      return disturb(world, fault);
    case "replay":
      return replay(world, fault.count);
    case "refusal":
      world.hosts[fault.node].refuse(fault.call);
      return world.plan(fault.durationMs, () => world.hosts[fault.node].accept(fault.call));
    case "carrierLoss":
      return failTrack(world, fault, "interface client");
    case "gatewayLoss":
      return failTrack(world, fault, "gateway 198.51.100.1");
    case "serverLoss":
      return loseServers(world, fault.node, fault.up, fault.durationMs);
    case "serverDeath":
      for (const node of [0, 1] as const) {
        const noticedMs = world.random.between(0, serverLagMs);
        const recoveredMs = fault.durationMs + world.random.between(0, serverLagMs);
        world.plan(noticedMs, () => loseServers(world, node, fault.up, Math.max(0, recoveredMs - noticedMs)));
      }
      return;
    case "witnessLoss":
      world.hosts[fault.node].unwitnessed += 1;
      return world.plan(fault.durationMs, () => {
        world.hosts[fault.node].unwitnessed -= 1;
      });
    case "addressLoss":
      return loseAddress(world, fault.node);
    case "balancerHang":
      return world.hosts[fault.node].hangBalancer(fault.durationMs);
    case "handover":
      return world.hosts.find((host) => host.agent?.state.role === "active")?.requestHandover(fault.force);
    case "maintenance":
      world.hosts[fault.node].setMaintenance(true);
      return world.plan(fault.durationMs, () => world.hosts[fault.node].setMaintenance(false));
    case "agentDeath":
      return world.hosts[fault.node].killAgent(fault.durationMs);
    case "linkReset":
      return world.peerLink.break();
    case "congestion":
      return world.plan(fault.durationMs, hold(world.peerLink.rates, fault.bytesPerMs));
    case "overrun":
    case "refusedInserts":
    case "fullTable":
    case "flowLoss":
      return disturbFlows(world, fault);
    case "rush":
      return world.clients.burst(fault.clients);
  }
}

/** A fault of the kernel's table of connections. */
function disturbFlows(world: World, fault: Fault & { type: "overrun" | "refusedInserts" | "fullTable" | "flowLoss" }) {
  const host = world.hosts[fault.node];
  const { conntrack } = host;
  switch (fault.type) {
    case "overrun":
      host.overruns += 1;
      return world.plan(fault.durationMs, () => {
        host.overruns -= 1;
      });
    case "refusedInserts":
      return world.plan(fault.durationMs, hold(conntrack.refusals, fault.probability));
    case "fullTable":
      conntrack.fills += 1;
      return world.plan(fault.durationMs, () => {
        conntrack.fills -= 1;
      });
    case "flowLoss":
      for (const tuple of [...conntrack.entries.keys()])
        if (world.random.chance(fault.probability)) conntrack.lose(tuple);
  }
}

function interrupt(world: World, fault: Fault & { type: "crash" | "stop" | "balancerDeath" | "powerCut" }): void {
  const host = world.hosts[fault.node];
  if (fault.type === "crash") host.crash();
  else if (fault.type === "powerCut") host.cutPower();
  else if (fault.type === "stop") host.inform({ type: "stopRequested" });
  else host.killBalancer();
  world.plan(fault.durationMs, () => {
    if (fault.type === "stop" || fault.type === "balancerDeath") host.crash();
    host.start();
  });
}

function disturb(world: World, fault: Disturbance): void {
  for (const { from, path } of fault.ways) {
    const direction = world.directions(from)[path];
    if (direction === undefined) continue;
    const end = worsen(direction, fault);
    world.plan(fault.durationMs, () => {
      end();
      world.retransmit();
    });
  }
}

function worsen(direction: Direction, fault: Disturbance): () => void {
  switch (fault.type) {
    case "partition":
      direction.cuts += 1;
      return () => {
        direction.cuts -= 1;
      };
    case "loss":
      return hold(direction.losses, fault.probability);
    case "jitter":
      return hold(direction.jitters, fault.jitterMs);
    case "duplication":
      return hold(direction.duplications, fault.probability);
  }
}

function hold(values: number[], value: number): () => void {
  values.push(value);
  return () => values.splice(values.indexOf(value), 1);
}

function replay(world: World, count: number): void {
  for (let i = 0; i < count; i++) {
    const packet = world.recordings[world.random.below(world.recordings.length)];
    const path = world.random.below(3);
    if (packet !== undefined) world.plan(i * world.random.fraction() * 5, () => world.replay(packet, path));
  }
}

function failTrack(world: World, fault: Fault & { node: 0 | 1 }, track: string): void {
  const host = world.hosts[fault.node];
  host.setTrack(track, false);
  world.plan(fault.durationMs, () => host.setTrack(track, true));
}

function loseServers(world: World, node: 0 | 1, up: number, durationMs: number): void {
  const host = world.hosts[node];
  const end = hold(host.serverCounts, up);
  host.countServers();
  world.plan(durationMs, () => {
    end();
    host.countServers();
  });
}

function loseAddress(world: World, node: 0 | 1): void {
  const { ownership } = world.hosts[node];
  const [address] = ownership.heldAddresses();
  if (address === undefined) return;
  ownership.loseAddress(address);
  world.hosts[node].inform({ type: "addressRemoved", address });
}
