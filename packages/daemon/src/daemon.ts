import { configDigest } from "@vipair/config";
import type { NodeReport, StatusReport } from "@vipair/model";
import type { Logger } from "pino";
import { openBalancer } from "./balance/balancer.js";
import type { ConfigFile } from "./config/file.js";
import { type Reload, reloadConfig } from "./config/reload.js";
import { openControl } from "./control/index.js";
import { openJournal } from "./event/journal.js";
import { openMaintenance } from "./operate/maintenance.js";
import { openOperation } from "./operate/operation.js";
import { openPairing } from "./pair/pairing.js";
import { peerHealth } from "./report/health.js";
import { reportNode } from "./report/node.js";
import { missingForReadiness } from "./report/readiness.js";
import { reportStatus } from "./report/status.js";

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
  readonly version: string;
  readonly log: Logger;
}

const reportEveryMs = 1_000;
const checkEveryMs = 100;
/** After this long the node takes part in the election even if some server has not answered a first probe. */
const firstHealthMs = 3_000;
/** After a hand-over, stray frames are still translated here for as long as the agent's lease lingers. */
const lingerMs = 1_000;

export async function openDaemon(options: DaemonOptions): Promise<Daemon> {
  const { initial, node, socketPath, version, log } = options;
  const { pair } = initial.config;
  const nodeIndex = pair.nodes[0].name === node ? 0 : 1;
  const startedAt = new Date().toISOString();
  const startedTime = performance.now();
  const statePath = socketPath.replace(/\.sock$/, "");
  let current: ConfigFile = initial;
  let started = false;
  let reportDue = false;

  const journal = openJournal(node, ({ kind, message, detail }) => {
    if (kind === "refused" || kind === "conflict") log.warn({ event: kind, ...detail }, message);
    else log.info({ event: kind, ...detail }, message);
  });
  journal.record("started", `vipaird ${version} starts as ${node} of the pair ${pair.name}`, { version });
  const maintenance = openMaintenance(`${statePath}.maintenance`);
  const changed = (): void => {
    reportDue = true;
  };
  const balancer = await openBalancer({
    config: initial.config,
    nodeIndex,
    sysctlFile: `${statePath}.sysctl.json`,
    journal,
    healthChanged: changed,
  });
  const pairing = openPairing({
    config: initial.config,
    node,
    nodeIndex,
    version,
    configDigest: configDigest(initial.config),
    conntrack: balancer.conntrack,
    journal,
    changed,
    peerReported: (report) => balancer.loop.deliver({ type: "peerHealthReceived", servers: peerHealth(report) }),
  });
  pairing.agent.setMaintenance(maintenance.on);

  const missing = (): string[] =>
    missingForReadiness({ balancer, agent: pairing.agent.report, linkConnected: pairing.link.connected });
  const ownReport = (): NodeReport =>
    reportNode({
      node,
      version,
      config: current.config,
      agent: pairing.agent.report,
      balance: balancer.loop,
      traffic: balancer.traffic,
      maintenance: maintenance.on,
      missing: missing(),
      startedAt,
    });
  const status = (): StatusReport =>
    reportStatus({
      own: ownReport(),
      config: current.config,
      agent: pairing.agent.report,
      peer: pairing.peerReport,
      linkConnected: pairing.link.connected,
      connections: balancer.traffic.connections.total,
    });

  /** Keeps the agent and the peer told: readiness, the start of the election, reports. */
  const check = (): void => {
    const lacking = missing();
    pairing.agent.setReady(lacking.length === 0);
    if (!started && balancer.rules.applied && (lacking.length === 0 || healthIsDue())) {
      started = true;
      pairing.agent.start();
    }
    if (reportDue) report();
  };
  const healthIsDue = (): boolean => balancer.healthKnown || performance.now() - startedTime > firstHealthMs;
  const report = (): void => {
    reportDue = false;
    pairing.link.report(ownReport());
  };
  const checking = setInterval(check, checkEveryMs);
  const reporting = setInterval(report, reportEveryMs);

  const operation = openOperation({
    node,
    balancer,
    pairing,
    maintenance,
    journal,
    status,
    configText: () => current.text,
  });
  const control = await openControl({ socketPath, control: operation, log });

  const apply = (result: Reload): void => {
    switch (result.type) {
      case "refused":
        return journal.record("refused", "the configuration was refused, the running one stays", {
          error: result.report,
        });
      case "accepted":
        current = result.file;
        balancer.replaceServices(current.config.services);
        pairing.agent.setConfigDigest(configDigest(current.config));
        journal.record("configChanged", "the configuration was read again", { warnings: result.file.warnings });
        return changed();
    }
  };

  return {
    reload: () => apply(reloadConfig(options.configFile, current)),
    stop: async () => {
      clearInterval(checking);
      clearInterval(reporting);
      const handedOver = await leave();
      await control.close();
      await pairing.close();
      if (handedOver) await new Promise((resolve) => setTimeout(resolve, lingerMs));
      balancer.close();
      journal.record("stopped", "vipaird has stopped");
    },
  };

  async function leave(): Promise<boolean> {
    if (pairing.agent.report?.role !== "active") return false;
    try {
      await pairing.failover(false);
      return true;
    } catch (error) {
      log.warn({ error: (error as Error).message }, "no planned hand-over before the stop");
      return false;
    }
  }
}
