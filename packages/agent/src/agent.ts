import { currentHeartbeat, type ElectionConfig, type ElectionEvent, electionConfig } from "@vipair/heartbeat";
import {
  bootClock,
  fenceTables,
  lockMemory,
  openOwnership,
  raiseScheduling,
  type Watch,
  watchTables,
} from "@vipair/kernel";
import { formatPrefix } from "@vipair/model";
import { openElectionLoop } from "./election/loop.js";
import { performWith } from "./election/perform.js";
import { openExchange } from "./exchange/exchange.js";
import type { AgentCommand, AgentMessage } from "./message.js";
import { openReporter } from "./report.js";
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

/**
 * Opens everything; takes part in the election after the command `start`.
 *
 * @throws Error when the secret is unusable or the kernel refuses
 */
export function openAgent(configure: Configure, host: AgentHost): Agent {
  const { pair, addresses, node, configDigest } = configure;
  const authenticator = openAuthenticator(deriveKey(readSecret(pair.secretFile), pair.name, "heartbeat"));
  const scheduling = raiseScheduling();
  const memoryLocked = lockMemory();
  const ownership = openOwnership({ addresses });
  const opened = ownership.open();
  if (!opened.ok) throw new Error(opened.error);

  const interfaces = trackedInterfaces(pair, addresses);
  const config = withImplicitTracks(electionConfig(pair, node), interfaces);
  const reporter = openReporter({
    pair,
    config,
    scheduling,
    memoryLocked,
    state: () => loop.state,
    exchange: () => exchange,
    held: () => ownership.heldAddresses(),
    tell: host.tell,
  });
  const exchange = openExchange(
    { pair, nodeIndex: pair.nodes[0].name === node ? 0 : 1, addresses, configDigest, authenticator },
    {
      currentHeartbeat: () => currentHeartbeat(config, loop.state, bootClock()),
      heartbeatReceived: (heartbeat, sameConfig) => {
        loop.deliver({ type: "heartbeatReceived", heartbeat });
        reporter.heard(heartbeat, sameConfig);
      },
      lifelineClosed: () => loop.deliver({ type: "lifelineClosed" }),
    },
  );
  const exit = (): void => {
    loop.close();
    for (const part of [reporter, tracks, fence, exchange, ownership]) part.close();
    // In the next turn: the balancer still hears of the last change of role.
    setImmediate(host.exit);
  };
  const perform = performWith({ clock: bootClock, ownership, exchange, tell: host.tell, exit });
  const loop = openElectionLoop(config, perform, reporter.stepped);

  const virtual = new Set(addresses.map(({ prefix }) => formatPrefix(prefix)));
  const tracks = trackInterfaces(interfaces, {
    interfaceChanged: (name, ok) => changeTrack(`interface ${name}`, ok),
    addressRemoved: (address) => {
      if (!virtual.has(address) || ownership.heldAddresses().includes(address)) return;
      loop.deliver({ type: "addressRemoved", address });
    },
  });
  function changeTrack(track: string, ok: boolean): void {
    loop.deliver({ type: "trackChanged", track, ok });
    reporter.trackChanged();
  }
  const fence = watchFence(() => {
    const outcome = ownership.restoreFence();
    if (outcome.ok) host.tell({ type: "restored", what: "table vipair_fence" });
    else host.tell({ type: "refused", error: outcome.error });
  });

  host.tell({ type: "opened" });
  reporter.start();
  return {
    balancerClosed: () => loop.deliver({ type: "balancerClosed" }),
    command: (command) => {
      if (command.type === "configDigest") exchange.setConfigDigest(command.configDigest);
      else if (command.type === "track") changeTrack(command.track, command.ok);
      else loop.deliver(eventOf(command));
    },
  };
}

type ElectionCommand = Exclude<AgentCommand, { type: "configure" | "configDigest" | "track" }>;

function eventOf(command: ElectionCommand): ElectionEvent {
  switch (command.type) {
    case "start":
      return { type: "started" };
    case "alive":
      return { type: "balancerHeard" };
    case "ready":
      return { type: "readinessChanged", ready: command.ready };
    case "maintenance":
      return { type: "maintenanceChanged", on: command.on };
    case "handover":
      return { type: "handoverPrepared", force: command.force };
    case "stop":
      return { type: "stopRequested" };
  }
}

/** Calls back once for all that is told of the fence in one turn: a flush tells of every set and rule. */
function watchFence(damaged: () => void): Watch {
  let due: NodeJS.Immediate | undefined;
  const watch = watchTables(fenceTables, () => {
    due ??= setImmediate(() => {
      due = undefined;
      damaged();
    });
  });
  return {
    close: () => {
      clearImmediate(due);
      watch.close();
    },
  };
}

/** Interfaces that carry heartbeats or addresses are decisive, unless the configuration gives them a weight. */
function withImplicitTracks(config: ElectionConfig, interfaces: readonly string[]): ElectionConfig {
  const implicit = interfaces.map((name) => [`interface ${name}`, undefined] as const);
  return { ...config, tracks: new Map([...implicit, ...config.tracks]) };
}
