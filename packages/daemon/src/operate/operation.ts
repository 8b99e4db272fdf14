import { setTimeout as delay } from "node:timers/promises";
import { whyServer } from "@vipair/balancer";
import { formatDuration, millisOf, type PersistenceReport, type StatusReport } from "@vipair/model";
import type { Balancer } from "../balance/balancer.js";
import { type Control, Refused } from "../control/index.js";
import type { Journal } from "../event/journal.js";
import type { Timeline } from "../event/timeline.js";
import type { Pairing } from "../pair/pairing.js";
import type { Stability } from "../pair/stability.js";
import { reportSync } from "../report/sync.js";
import { reportTuning, type Tuning } from "../tuning/tuning.js";
import { listConnections } from "./connections.js";
import type { Maintenance } from "./maintenance.js";
import { planFailover } from "./plan.js";
import { whyActive, whyStandby } from "./why.js";

export interface OperationParts {
  readonly node: string;
  readonly balancer: Balancer;
  readonly pairing: Pairing;
  readonly maintenance: Maintenance;
  readonly stability: Pick<Stability, "release">;
  readonly tuning: Pick<Tuning, "check">;
  readonly journal: Journal;
  readonly timeline: Timeline;
  readonly status: () => StatusReport;
  readonly configText: () => string;
}

/** Counting a large table takes longer than an operator should wait: the next answer has the new count. */
const recountWithinMs = 500;

/** What operators may ask and order, in terms of the two halves of the daemon. */
export function openOperation(parts: OperationParts): Control {
  const { node, balancer, pairing, maintenance, stability, tuning, journal, timeline, status, configText } = parts;
  return {
    status,
    recount: async () => {
      const { connections } = balancer.traffic;
      const counted = Promise.all([connections.recount(), pairing.replicator.recount()]);
      await Promise.race([counted, delay(recountWithinMs, undefined, { ref: false })]);
    },
    configText,
    events: (since) => journal.events().filter(({ at }) => since === undefined || Date.parse(at) >= since),
    followEvents: (listener) => journal.follow(listener),
    timeline: timeline.read,
    followTimeline: timeline.follow,
    failover: ({ force }) => pairing.failover(force),
    explainFailover: async () => planFailover(status(), pairing.gates(), (await timeline.read()).events),
    setMaintenance: async ({ on, force }) => {
      if (on && pairing.agent.report?.role === "active") await leaveService(force);
      maintenance.set(on);
      if (!on) stability.release();
      pairing.agent.setMaintenance(on);
      journal.record("adminChanged", `maintenance of ${node} is ${on ? "on" : "off"}`, { maintenance: on });
    },
    setAdmin: ({ service, server, admin, deadlineMs: deadline }) =>
      balancer.loop.deliver({ type: "adminChanged", service, server, admin, deadline }),
    connections: (filter) =>
      listConnections({ conntrack: balancer.conntrack, replicator: pairing.replicator, loop: balancer.loop }, filter),
    sync: () => reportSync(status()),
    tuning: () => {
      tuning.check();
      return reportTuning(status());
    },
    verify: ({ repair }) => pairing.verify(repair),
    why: async (subject) => {
      if (subject === "active") return whyActive(status(), (await timeline.read()).events);
      if (subject === "standby") return whyStandby(status());
      const [service = "", server] = subject.split("/");
      if (server !== undefined) return whyServer(balancer.loop.state, service, server);
      const report = status().services.find(({ name }) => name === service);
      return [
        ...(report?.servers ?? []).flatMap(({ name }) => whyServer(balancer.loop.state, service, name)),
        ...(report?.persistence === undefined ? [] : whyClients(service, report.persistence)),
      ];
    },
  };

  async function leaveService(force: boolean): Promise<void> {
    try {
      await pairing.failover(force);
    } catch (error) {
      // With --force the addresses go out of service here even when nobody takes them.
      if (!(force && error instanceof Refused)) throw error;
    }
  }
}

function whyClients(service: string, { clients, timeoutSeconds, prefix, most, unkept }: PersistenceReport): string[] {
  const span = formatDuration(millisOf(timeoutSeconds * 1_000));
  const sentences = [
    `${service} remembers ${clients} clients by their /${prefix}: each goes to the server it had, while that gets new connections, until ${span} after its last connection began.`,
  ];
  if (unkept > 0) {
    sentences.push(
      `There is room for ${most}: ${unkept} connections of others went where the scheduler sent them, and are not remembered.`,
    );
  }
  return sentences;
}
