import { electionConfig, type NodeConfig, type NodeEvent, nodeConfig } from "@vipair/heartbeat";
import {
  bootClock,
  fenceTables,
  lockMemory,
  openLeaseEnd,
  openOwnership,
  raiseScheduling,
  type Watch,
  watchTables,
} from "@vipair/kernel";
import { elapsed, formatPrefix, placeAddresses, stabilityTrack, virtualDevices } from "@vipair/model";
import { openElectionParty } from "./election/party.js";
import { watchFreezes } from "./freeze/watch.js";
import { openLooks } from "./look/looks.js";
import type { AgentCommand, AgentMessage } from "./message.js";
import type { Party } from "./party.js";
import { type IsOutdated, performWith } from "./perform.js";
import { openRecording } from "./recording.js";
import { openReporter, type Reporter } from "./report.js";
import { deriveKey, openAuthenticator, readSecret } from "./secret.js";
import { trackedInterfaces, trackInterfaces } from "./track/interfaces.js";
import { openRouterParty } from "./vrrp/party.js";

/**
 * The heartbeat agent. It has everything that a takeover needs before it happens: open sockets, the lease's table, the
 * addresses. It only wires: heartbeats → machine → kernel. Which machine decides, and what it speaks, is the party's: the
 * election with its exchange of heartbeats, or a virtual router with its links.
 *
 *    balancer ──commands──►  ┌───────┐ ──effects──►  ownership (lease, addresses, announcements)
 *             ◄──messages──  │ party │ ──words────►  peer
 *       tracks ──events───►  └───────┘ ◄──words────  peer
 */
export interface Agent {
  command(command: Exclude<AgentCommand, { type: "configure" }>): void;
  /** The process channel closed: the balancer is gone. */
  balancerClosed(): void;
}

export interface AgentHost {
  /** `told` when the balancer has it, or never will. */
  readonly tell: (message: AgentMessage, told?: () => void) => void;
  readonly exit: () => void;
}

type Configure = AgentCommand & { readonly type: "configure" };

/**
 * Opens everything; takes part after the command `start`.
 *
 * @throws Error when the secret is unusable or the kernel refuses
 */
export function openAgent(configure: Configure, host: AgentHost): Agent {
  const { pair, addresses, node, configDigest, version } = configure;
  const secret = readSecret(pair.secretFile);
  const scheduling = raiseScheduling();
  const memoryLocked = lockMemory();
  const ownership = openOwnership({
    addresses: placeAddresses(pair, addresses),
    devices: virtualDevices(pair, addresses),
    ...(configure.leaseEnd === undefined ? {} : { leaseEnd: openLeaseEnd(configure.leaseEnd) }),
  });
  const opened = ownership.open();
  if (!opened.ok) throw new Error(opened.error);

  const { tell } = host;
  const held = () => ownership.heldAddresses();
  const recording = openRecording({ on: configure.recording, node, version, tell });
  const reporter = openReporter({ party: () => party, scheduling, memoryLocked, held, tell });
  const exit = (): void => {
    party.stop();
    for (const part of [reporter, looks, tracks, fence, freezes, party, recording, ownership]) part.close();
    // In the next turn: the balancer still hears of the last change of role.
    setImmediate(host.exit);
  };
  const { leaseTtl } = nodeConfig(pair, node);
  const isOutdated: IsOutdated = (decidedAt) => elapsed(decidedAt, bootClock()) >= leaseTtl;
  const performNode = performWith({ clock: bootClock, isOutdated, ownership, tell, exit });
  const interfaces = trackedInterfaces(pair, addresses);
  const looks = openLooks();
  const stepped: Reporter["stepped"] = (effects, at, took) => {
    reporter.stepped(effects, at, took);
    if (effects.some(({ type }) => type === "reportRole")) recording.soon();
  };
  const openParty = (): Party => {
    const { changed } = reporter;
    const { awake } = looks;
    const common = { pair, node, addresses, performNode, isOutdated, tell, stepped, changed, recording, awake };
    switch (pair.heartbeat.transport) {
      case "udp": {
        const config = withImplicitTracks(electionConfig(pair, node), interfaces);
        const authenticator = openAuthenticator(deriveKey(secret, pair.name, "heartbeat"));
        return openElectionParty({ ...common, config, configDigest, authenticator });
      }
      case "vrrp":
        return openRouterParty({ ...common, config: withImplicitTracks(nodeConfig(pair, node), interfaces) });
    }
  };
  const party = openParty();

  const virtual = new Set(addresses.map(({ prefix }) => formatPrefix(prefix)));
  // First: what others do at a look is not its lateness.
  const freezes = watchFreezes({
    looks,
    longerThan: leaseTtl,
    frozen: (freeze) => tell({ type: "frozen", freeze }),
  });
  const tracks = trackInterfaces(interfaces, looks, {
    interfaceChanged: (name, ok) => changeTrack(`interface ${name}`, ok),
    addressRemoved: (address) => {
      if (!virtual.has(address) || ownership.heldAddresses().includes(address)) return;
      party.deliver({ type: "addressRemoved", address });
    },
  });
  function changeTrack(track: string, ok: boolean): void {
    party.deliver({ type: "trackChanged", track, ok });
    reporter.changed();
  }
  function announce(): void {
    if (!party.owns) return;
    const outcome = ownership.announceAddresses();
    if (outcome.ok) tell({ type: "announced" });
    else tell({ type: "refused", error: outcome.error });
  }
  const fence = watchFence(() => {
    const outcome = ownership.restoreFence();
    if (outcome.ok) tell({ type: "restored", what: "table vipair_fence" });
    else tell({ type: "refused", error: outcome.error });
  });

  tell({ type: "opened" });
  reporter.start();
  return {
    balancerClosed: () => party.deliver({ type: "balancerClosed" }),
    command: (command) => {
      if (command.type === "configDigest") party.setConfigDigest(command.configDigest);
      else if (command.type === "peerTerm") party.seeTerm(command.term);
      else if (command.type === "servers") party.countServers(command.servers);
      else if (command.type === "recordAnew") recording.beginAnew();
      else if (command.type === "track") changeTrack(command.track, command.ok);
      else if (command.type === "announce") announce();
      else party.deliver(eventOf(command));
    },
  };
}

type NodeCommand = Exclude<
  AgentCommand,
  { type: "configure" | "configDigest" | "peerTerm" | "recordAnew" | "servers" | "track" | "announce" }
>;

function eventOf(command: NodeCommand): NodeEvent {
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
  // The balancer's rules are in a table of their own.
  watch.overlook(process.ppid);
  return {
    close: () => {
      clearImmediate(due);
      watch.close();
    },
  };
}

/** Interfaces that carry heartbeats or addresses are decisive, unless the configuration gives them a weight; and see {@link stabilityTrack}. */
function withImplicitTracks<C extends NodeConfig>(config: C, interfaces: readonly string[]): C {
  const implicit = interfaces.map((name) => [`interface ${name}`, undefined] as const);
  const stability = [stabilityTrack.track, stabilityTrack.weight] as const;
  return { ...config, tracks: new Map([...implicit, ...config.tracks, stability]) };
}
