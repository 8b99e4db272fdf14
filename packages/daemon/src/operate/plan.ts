import type {
  DifferingServer,
  EventReport,
  ExpectedGap,
  FailoverPlan,
  GateReport,
  NodeReport,
  StatusReport,
} from "@vipair/model";
import { healthOf } from "../report/health.js";

/**
 * What `vipair failover` would do now, what it would cost, and whether it would be refused.
 *
 * @param gates what the hand-over asks for, when this node is active
 * @param events of both nodes, oldest first
 */
export function planFailover(
  status: StatusReport,
  gates: readonly GateReport[],
  events: readonly EventReport[],
): FailoverPlan {
  const { node, role, peer, sync } = status;
  if (role === "active") {
    const reasons = gates.flatMap((gate) => gate.reasons);
    return {
      possible: reasons.length === 0,
      reasons,
      sentences: steps(node, peer.node, sync),
      gates,
      ...evidence(status, status, peer.report, events),
    };
  }
  if (peer.role === "active") {
    if (!sync.connected) {
      const reason = `${peer.node} is active, and without a peer link it can not be asked to hand over`;
      return { possible: false, reasons: [reason], sentences: [] };
    }
    const sentences = [`${peer.node} is active: it is asked to hand over.`, ...steps(peer.node, node, undefined)];
    return { possible: true, reasons: [], sentences, ...evidence(status, peer.report, status, events) };
  }
  return { possible: false, reasons: ["neither node is active"], sentences: [] };
}

type Evidence = Pick<FailoverPlan, "from" | "to" | "expected" | "connections" | "differing">;

function evidence(
  { node, role, peer, sync }: StatusReport,
  active: NodeReport | undefined,
  standby: NodeReport | undefined,
  events: readonly EventReport[],
): Evidence {
  const replication = active?.replication;
  const connections = replication ?? sync;
  const [from, to] = role === "active" ? [node, peer.node] : [peer.node, node];
  return {
    from,
    to,
    expected: expectedGap(standby, events),
    connections: { total: connections.connections, protected: connections.protected },
    differing: differingServers(active, standby),
  };
}

function expectedGap(standby: NodeReport | undefined, events: readonly EventReport[]): ExpectedGap {
  const planned = events.flatMap(({ kind, detail }) =>
    kind === "incident" && detail.reason === "handover" && typeof detail.gapMs === "number" ? [detail.gapMs] : [],
  );
  const { silenceMs, lifelineMs } = standby?.takeover ?? {};
  return {
    planned: planned.slice(-mostMeasured),
    ...(silenceMs !== undefined && { silenceMs }),
    ...(lifelineMs !== undefined && { lifelineMs }),
  };
}

const mostMeasured = 5;

function differingServers(active: NodeReport | undefined, standby: NodeReport | undefined): DifferingServer[] {
  const others = new Map(serversOf(standby));
  return serversOf(active).flatMap(([server, health]) => {
    const other = others.get(server);
    return other === undefined || other === health ? [] : [{ server, active: health, standby: other }];
  });
}

const serversOf = (report: NodeReport | undefined): [string, DifferingServer["active"]][] =>
  Object.entries(healthOf(report));

function steps(from: string, to: string, own: StatusReport["sync"] | undefined): string[] {
  const what = own === undefined ? "its connections" : `its ${own.connections} connections`;
  return [
    own?.connected === false
      ? `${from} carries none of ${what} over: there is no peer link to ${to}.`
      : `${from} carries ${what} over to the kernel of ${to}.`,
    `${from} stops answering for the addresses and removes them; stray frames are still translated there for 1 s.`,
    `${to} takes the lease, adds the addresses and announces them.`,
  ];
}
