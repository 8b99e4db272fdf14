import {
  type EventReport,
  type NodeReport,
  type PathReport,
  reasonSentence,
  type StatusReport,
  spanText,
} from "@vipair/model";

/**
 * Why ownership is where it is: sentences from what both nodes report, which is what their machines decide by. What the
 * other node says of itself is known over the peer link; without one, its heartbeats say a little.
 */
interface Known {
  readonly node: string;
  /** `undefined`: only its heartbeats are known. */
  readonly report: NodeReport | undefined;
}

/** @param events of both nodes, oldest first */
export function whyActive(status: StatusReport, events: readonly EventReport[]): string[] {
  const [active, other] = byRole(status);
  const last = events.findLast(({ kind }) => kind === "incident");
  return [
    ...(active === undefined ? ["No node is known to be active."] : [sinceSentence(active, status)]),
    ...(status.role === "active" && status.peer.role === "active"
      ? ["Both are active: one of them is about to yield."]
      : []),
    ...(last === undefined ? [] : [`The last change: ${last.message}.`]),
    ...pathSentences(status),
    ...[active, other].flatMap((known) => (known === undefined ? [] : prioritySentences(known))),
    ...(other.report === undefined ? [sinceSentence(other, status)] : standbySentences(other)),
  ];
}

export function whyStandby(status: StatusReport): string[] {
  const [, standby] = byRole(status);
  return [sinceSentence(standby, status), ...prioritySentences(standby), ...standbySentences(standby)];
}

/** The active node, if there is one, and the other. */
function byRole(status: StatusReport): [Known | undefined, Known] {
  const own: Known = { node: status.node, report: status };
  const peer: Known = { node: status.peer.node, report: status.peer.report };
  if (status.role === "active") return [own, peer];
  return status.peer.role === "active" ? [peer, own] : [undefined, peer];
}

function sinceSentence({ node, report }: Known, { peer }: StatusReport): string {
  if (report === undefined)
    return peer.reachable
      ? `${node} is heard as ${peer.role}; there is no peer link to ask it why.`
      : unheard(node, peer);
  const { role, since, term, reason } = report;
  return `${node} is ${role} since ${since} (term ${term}): ${reasonSentence(reason)}.`;
}

const unheard = (node: string, { silent }: StatusReport["peer"]): string =>
  silent === true ? `${node} is not heard: with VRRP only the active router speaks.` : `${node} is not heard.`;

function pathSentences({ node, peer, heartbeat }: StatusReport): string[] {
  if (heartbeat.length === 0) return [];
  return [`${node} hears ${peer.node}: ${heartbeat.map(pathText).join(", ")}.`];
}

function pathText({ path, up, lastHeardMs }: PathReport): string {
  if (lastHeardMs === undefined) return `${path} ${up ? "advertised" : "never"}`;
  return up ? `${path} ${spanText(lastHeardMs)} ago` : `${path} no more, last ${spanText(lastHeardMs)} ago`;
}

/** What is left of the priority, and which failed track costs how much of it. */
function prioritySentences({ node, report }: Known): string[] {
  if (report === undefined) return [];
  const failed = (report.tracks ?? []).filter(({ ok }) => !ok);
  const costs = failed.map(({ track, weight, because }) => {
    const cost = weight === undefined ? "which is decisive" : `which costs ${weight}`;
    return `${track} fails${because === undefined ? "" : ` (${because})`}, ${cost}`;
  });
  return [`${node} has priority ${report.priority}${costs.length === 0 ? "" : `: ${costs.join("; ")}`}.`];
}

/** What keeps the standby from being active, and when it would be. */
function standbySentences({ node, report }: Known): string[] {
  if (report === undefined) return [];
  const { takeover, missing, maintenance } = report;
  const lacking = missing.length === 0 ? [] : [`${node} is not ready: ${missing.join("; ")}.`];
  if (takeover === undefined) return [...(maintenance ? [`${node} is in maintenance.`] : []), ...lacking];
  const { obstacles, claimObstacles, silenceMs, lifelineMs } = takeover;
  if (obstacles.length > 0) return [`${node} may not become active: ${obstacles.join("; ")}.`, ...lacking];
  const lifeline =
    lifelineMs === undefined ? "" : `, or ${spanText(lifelineMs)} after the lifeline tells that its agent is gone`;
  const claim =
    claimObstacles === undefined || claimObstacles.length === 0
      ? []
      : [`${node} does not ask for ownership: ${claimObstacles.join("; ")}.`];
  return [
    `${node} would take over after ${spanText(silenceMs)} of silence on every path${lifeline}.`,
    ...claim,
    ...lacking,
  ];
}
