import { setTimeout as delay } from "node:timers/promises";
import { serviceViews } from "@vipair/balancer";
import { configDigest } from "@vipair/config";
import { bootClock, readTuning } from "@vipair/kernel";
import { type EventKind, type EventReport, stabilityTrack } from "@vipair/model";
import type { Logger } from "pino";
import { openBalancer } from "./balance/balancer.js";
import type { ConfigFile } from "./config/file.js";
import { type Reload, reloadConfig } from "./config/reload.js";
import { openControl } from "./control/index.js";
import { claimSocketPath } from "./control/socket.js";
import { openNodeClock } from "./event/clock.js";
import { openJournal } from "./event/journal.js";
import { openTimeline } from "./event/timeline.js";
import { openMaintenance } from "./operate/maintenance.js";
import { openOperation } from "./operate/operation.js";
import { openPairing, type Pairing } from "./pair/pairing.js";
import { openStability } from "./pair/stability.js";
import { openUpkeep, type Upkeep } from "./pair/upkeep.js";
import { openRecordings } from "./recording/recordings.js";
import type { Replicator } from "./replicate/replicator.js";
import { healthOf } from "./report/health.js";
import { openReports } from "./report/reports.js";
import { openFailures } from "./track/failures.js";
import { reachServers } from "./track/servers.js";
import { openTracks } from "./track/tracks.js";
import { openTuning } from "./tuning/tuning.js";

/**
 * vipaird: joins the two halves and shows them to the operator.
 *
 *     probes ─► balancer ─► rules in the kernel          operator ─► control socket ─► operation
 *                  ▲  health of both nodes  ▼                                              │
 *     peer ◄──── pairing: peer link, hand-over, agent ◄────────────────────────────────────┘
 */
export interface Daemon {
  /** Reads the configuration again; a wrong one is refused whole and the running one stays. */
  reload(): void;
  /** Hands over, removes everything that it put into the kernel, and resolves when nothing is left. */
  stop(): Promise<void>;
}

export interface DaemonOptions {
  readonly configFile: string;
  readonly initial: ConfigFile;
  readonly node: string;
  readonly socketPath: string;
  /** A service manager starts the daemon again when it has died. */
  readonly supervised: boolean;
  /** Where unclean ends are counted, which should outlive a reboot; `undefined`: beside the control socket. */
  readonly endsFile: string | undefined;
  readonly version: string;
  /** Where recordings and events are kept; `undefined`: nowhere. */
  readonly recordings: string | undefined;
  /** When a file of a recording counts as full. */
  readonly recordingBytes: number;
  readonly log: Logger;
}

/** After a hand-over, stray frames are still translated here for as long as the agent's lease lingers. */
const lingerMs = 1_000;

/**
 * Opens both halves, the control socket last.
 *
 * @throws Error when another daemon has the control socket, or when a part cannot be opened; what was opened before is
 * closed then
 */
export async function openDaemon(options: DaemonOptions): Promise<Daemon> {
  // Before anything of the kernel is touched: it belongs to the daemon that answers there.
  await claimSocketPath(options.socketPath);
  const closers: Closer[] = [];
  try {
    return await openParts(options, closers);
  } catch (error) {
    await closeAll(closers, options.log);
    throw error;
  }
}

async function openParts(options: DaemonOptions, closers: Closer[]): Promise<Daemon> {
  const { initial, node, socketPath, supervised, version, log } = options;
  const { pair } = initial.config;
  const nodeIndex = pair.nodes[0].name === node ? 0 : 1;
  const statePath = socketPath.replace(/\.sock$/, "");
  let current: ConfigFile = initial;
  let upkeep: Upkeep | undefined;
  let replicator: Replicator | undefined;
  let recordAnew: () => void = () => undefined;
  const changed = (): void => upkeep?.reportSoon();

  const recordings = openRecordings({
    directory: options.recordings,
    bytes: options.recordingBytes,
    node,
    version,
    wantsOpening: () => recordAnew(),
    refused: (error) => journal.record("refused", `what happens is not kept on disk: ${error}`, { error }),
  });
  closers.push(recordings.close);
  const tellLog = logEvent(log);
  const told = (event: EventReport): void => {
    tellLog(event);
    recordings.keep(event);
  };
  const clock = openNodeClock();
  const journal = openJournal({ node, clock, past: recordings.past, told });
  journal.record("started", `vipaird ${version} starts as ${node} of the pair ${pair.name}`, { version });
  const stability = openStability({
    file: options.endsFile ?? `${statePath}.ends.json`,
    supervised,
    clock: bootClock,
    boot: clock().boot,
    changed: (held) => {
      const { track } = stabilityTrack;
      journal.record("trackChanged", held ?? "this node is held back no longer", { track, ok: held === undefined });
      setStable(held === undefined);
    },
    complain: (error) => journal.record("refused", error, { error }),
  });
  const maintenance = openMaintenance(`${statePath}.maintenance`);
  const balancer = await openBalancer({
    config: initial.config,
    nodeIndex,
    sysctlFile: `${statePath}.sysctl.json`,
    journal,
    record: recordings.balance,
    healthChanged: changed,
    clientsLost: () => void replicator?.persistence.putBack(),
  });
  closers.push(balancer.close);
  const failures = openFailures(journal);
  const pairing = openPairing({
    config: initial.config,
    node,
    nodeIndex,
    version,
    configDigest: configDigest(initial.config),
    conntrack: balancer.conntrack,
    maps: balancer.maps,
    ruleset: () => balancer.loop.state.ruleset,
    journal,
    clock,
    recorded: options.recordings === undefined ? undefined : recordings.append,
    agentIs: balancer.overlook,
    agentEnded: stability.agentEnded,
    reported: (report) => failures.reported(report, tracks.report()),
    leaseEnd: balancer.fastFlows?.leaseFd,
    young: balancer.fastFlows?.young,
    ownershipChanged: (event) => {
      if (event.type === "ownershipLost") balancer.fastFlows?.abandon();
      balancer.loop.deliver(event);
    },
    changed,
    peerReported: (report) => balancer.loop.deliver({ type: "peerHealthReceived", servers: healthOf(report) }),
  });
  closers.push(pairing.close);
  replicator = pairing.replicator;
  recordAnew = pairing.agent.recordAnew;
  pairing.agent.setMaintenance(maintenance.on);
  const setStable = (stable: boolean): void => pairing.agent.setTrack(stabilityTrack.track, stable);
  setStable(stability.held === undefined);
  const tuning = openTuning({
    config: () => current.config,
    peer: () => pairing.peerReport?.tuning?.readings,
    journal,
    read: readTuning,
  });
  closers.push(tuning.close);
  const reports = openReports({
    node,
    version,
    config: () => current.config,
    balancer,
    pairing,
    maintenance,
    stability,
    tuning,
    tracks: () => tracks.report(),
  });
  const tracks = openTracks({
    tracks: pair.track,
    services: () => reports.own().services,
    changed: (track, ok) => {
      pairing.agent.setTrack(track, ok);
      changed();
    },
    countServers: () =>
      pairing.agent.setServers(reachServers(current.config.services, serviceViews(balancer.loop.state))),
  });
  closers.push(tracks.close);
  upkeep = openUpkeep({ balancer, pairing, stability, reports });
  closers.push(upkeep.close);

  const { status } = reports;
  const configText = (): string => current.text;
  const peer = pair.nodes[nodeIndex === 0 ? 1 : 0].name;
  const timeline = openTimeline({ node, peer, clock, journal, link: pairing.link });
  const operation = openOperation({
    node,
    balancer,
    pairing,
    maintenance,
    stability,
    tuning,
    journal,
    timeline,
    status,
    configText,
  });
  const control = await openControl({ socketPath, control: operation, log });
  closers.push(control.close);
  stability.started();

  const apply = (result: Reload): void => {
    if (result.type === "refused") {
      const message = "the configuration was refused, the running one stays";
      return journal.record("refused", message, { error: result.report });
    }
    current = result.file;
    balancer.replaceServices(current.config.services);
    tuning.check();
    pairing.agent.setConfigDigest(configDigest(current.config));
    journal.record("configChanged", "the configuration was read again", { warnings: result.file.warnings });
    changed();
  };

  return {
    reload: () => apply(reloadConfig(options.configFile, current)),
    stop: async () => {
      stability.stopped();
      // The agent and the link live on meanwhile: what stray frames bring about here is still carried over.
      if (await leave(pairing, log)) await delay(lingerMs);
      await closeAll(closers, log);
      journal.record("stopped", "vipaird has stopped");
      // Once more: for what the last parts said.
      await recordings.close();
    },
  };
}

type Closer = () => void | Promise<void>;

/** Closes the newest part first. A part that fails to close does not keep the others from it. */
async function closeAll(closers: Closer[], log: Logger): Promise<void> {
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
    try {
      await close();
    } catch (error) {
      log.error({ err: error }, "not everything could be closed");
    }
  }
}

/** Whether this node handed over. */
async function leave(pairing: Pairing, log: Logger): Promise<boolean> {
  try {
    return await pairing.leave();
  } catch (error) {
    log.warn({ error: (error as Error).message }, "no planned hand-over before the stop");
    return false;
  }
}

const warnings: ReadonlySet<EventKind> = new Set(["refused", "conflict", "addressConflict", "tuning"]);

const logEvent =
  (log: Logger) =>
  ({ kind, message, detail }: EventReport): void => {
    const isLost = kind === "pathChanged" && detail.up === false;
    if (isLost || warnings.has(kind)) log.warn({ event: kind, ...detail }, message);
    else log.info({ event: kind, ...detail }, message);
  };
