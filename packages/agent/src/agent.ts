import {
  type ElectionConfig,
  type ElectionEffect,
  effectivePriority,
  electionConfig,
  type Heartbeat,
  isEligible,
} from "@vipair/heartbeat";
import { bootClock, fenceTables, lockMemory, openOwnership, raiseScheduling, watchTables } from "@vipair/kernel";
import { elapsed, formatPrefix, type Instant, type Millis, millisOf, type RoleReason } from "@vipair/model";
import { openElectionLoop } from "./election/loop.js";
import { performWith } from "./election/perform.js";
import { openExchange } from "./exchange/exchange.js";
import type { AgentCommand, AgentMessage, AgentReport, PeerView } from "./message.js";
import { deriveKey, openAuthenticator, readSecret } from "./secret.js";
import { trackedInterfaces, trackInterfaces } from "./track/interfaces.js";

/**
 * The heartbeat agent. It has everything that a takeover needs before it happens: open sockets, the lease's table, the
 * addresses. It only wires: heartbeats → election → kernel.
 *
 *    balancer ──commands──►  ┌───────────────┐ ──effects──►  ownership (lease, addresses, announcements)
 *             ◄──messages──  │ election loop │ ──effects──►  exchange (paths, session) ──► peer
 *       tracks ──events───►  └───────────────┘ ◄──events───  exchange ◄── peer
 */
export interface Agent {
  command(command: Exclude<AgentCommand, { type: "configure" }>): void;
  /** The process channel closed: the balancer is gone. */
  balancerClosed(): void;
}

export interface AgentHost {
  readonly tell: (message: AgentMessage) => void;
  readonly exit: () => void;
}

type Configure = AgentCommand & { readonly type: "configure" };

const reportEveryMs = 1_000;

export function openAgent(configure: Configure, host: AgentHost): Agent {
  const { pair, addresses, node, configDigest } = configure;
  const nodeIndex = pair.nodes[0].name === node ? 0 : 1;
  const authenticator = openAuthenticator(deriveKey(readSecret(pair.secretFile), pair.name, "heartbeat"));
  const scheduling = raiseScheduling();
  const memoryLocked = lockMemory();
  const ownership = openOwnership({ addresses });
  const opened = ownership.open();
  if (!opened.ok) throw new Error(opened.error);

  let peer: { readonly heartbeat: Heartbeat; readonly sameConfig: boolean; readonly at: Instant } | undefined;
  let standing: { reason: RoleReason; since: string } = { reason: "start", since: new Date().toISOString() };

  const exchange = openExchange(
    { pair, nodeIndex, addresses, configDigest, authenticator },
    {
      heartbeatReceived: (heartbeat, sameConfig) => {
        const former = peer?.heartbeat;
        peer = { heartbeat, sameConfig, at: bootClock() };
        loop.deliver({ type: "heartbeatReceived", heartbeat });
        if (!sameStanding(former, heartbeat)) report();
      },
      lifelineClosed: () => loop.deliver({ type: "lifelineClosed" }),
    },
  );
  const interfaces = trackedInterfaces(pair, addresses);
  const config = withImplicitTracks(electionConfig(pair, node), interfaces);

  const exit = (): void => {
    loop.close();
    clearInterval(reporting);
    tracks.close();
    fence.close();
    exchange.close();
    ownership.close();
    host.exit();
  };
  const stepped = (effects: readonly ElectionEffect[], at: Instant, took: Millis): void => {
    for (const effect of effects) {
      if (effect.type !== "reportRole") continue;
      const { from, to, reason, term } = effect;
      standing = { reason, since: new Date().toISOString() };
      host.tell({
        type: "roleChanged",
        change: { at, from, to, reason, term, tookMs: Math.round(took * 1_000) / 1_000 },
      });
      report();
    }
  };
  const perform = performWith({ ownership, exchange, tell: host.tell, exit });
  const loop = openElectionLoop(config, perform, stepped);

  const virtual = new Set(addresses.map(({ prefix }) => formatPrefix(prefix)));
  const tracks = trackInterfaces(interfaces, {
    interfaceChanged: (name, ok) => loop.deliver({ type: "trackChanged", track: `interface ${name}`, ok }),
    addressRemoved: (address) => {
      if (!virtual.has(address) || ownership.heldAddresses().includes(address)) return;
      loop.deliver({ type: "addressRemoved", address });
    },
  });
  const fence = watchTables(fenceTables, () => {
    const outcome = ownership.restoreFence();
    host.tell(
      outcome.ok ? { type: "restored", what: "table vipair_fence" } : { type: "refused", error: outcome.error },
    );
  });

  const viewPeer = (): PeerView | undefined => {
    if (peer === undefined) return undefined;
    const { heartbeat, sameConfig, at } = peer;
    const downAfter = millisOf(4 * Math.max(heartbeat.interval, pair.heartbeat.interval));
    return { ...heartbeat, heardAt: at, sameConfig, reachable: elapsed(at, bootClock()) <= downAfter };
  };
  const currentReport = (): AgentReport => ({
    role: loop.state.role,
    ...standing,
    term: loop.state.term,
    priority: effectivePriority(config, loop.state),
    eligible: isEligible(config, loop.state),
    peer: viewPeer(),
    paths: exchange.paths(),
    held: ownership.heldAddresses(),
    scheduling,
    memoryLocked,
    refused: exchange.refused(),
  });
  const report = (): void => host.tell({ type: "report", report: currentReport() });
  const reporting = setInterval(report, reportEveryMs);

  host.tell({ type: "opened" });
  report();
  return {
    balancerClosed: () => loop.deliver({ type: "balancerClosed" }),
    command: (command) => {
      switch (command.type) {
        case "start":
          return loop.deliver({ type: "started" });
        case "alive":
          return loop.deliver({ type: "balancerHeard" });
        case "ready":
          return loop.deliver({ type: "readinessChanged", ready: command.ready });
        case "configDigest":
          return exchange.setConfigDigest(command.configDigest);
        case "maintenance":
          return loop.deliver({ type: "maintenanceChanged", on: command.on });
        case "handover":
          return loop.deliver({ type: "handoverPrepared", force: command.force });
        case "stop":
          return loop.deliver({ type: "stopRequested" });
      }
    },
  };
}

/** Whether two heartbeats say the same of their sender, as far as a report shows it. */
function sameStanding(former: Heartbeat | undefined, latest: Heartbeat): boolean {
  if (former === undefined) return false;
  const keys = ["role", "ready", "eligible", "maintenance", "priority", "hearing"] as const;
  return keys.every((key) => former[key] === latest[key]);
}

/** Interfaces that carry heartbeats or addresses are decisive, unless the configuration gives them a weight. */
function withImplicitTracks(config: ElectionConfig, interfaces: readonly string[]): ElectionConfig {
  const implicit = interfaces.map((name) => [`interface ${name}`, undefined] as const);
  return { ...config, tracks: new Map([...implicit, ...config.tracks]) };
}
