import {
  type ConvergenceReport,
  compareReach,
  formatReach,
  fullReach,
  type NodeReport,
  type PathReport,
  type PeerReport,
  type PresenceReport,
  type Reach,
  reasonSentence,
  type StatusReport,
  type SyncReport,
  spanText,
} from "@vipair/model";
import { goodMark, type Paint, roleMark } from "./mark.js";
import { serviceBlock } from "./services.js";
import { syncProblems } from "./sync.js";
import { ageText } from "./time.js";

/**
 * `vipair status` on one screen: both nodes, what runs between them, the addresses, the services.
 * @param nowMs the wall clock, in milliseconds since 1970-01-01 UTC
 */
export function statusLines(report: StatusReport, nowMs: number, paint: Paint): string[] {
  return [
    ...nodeLines(report, nowMs, paint),
    ...peerLines(report.peer, nowMs, paint),
    ...versionLines(report, paint),
    "",
    field("heartbeat", report.heartbeat.map((path) => pathText(path, paint)).join("   "), paint),
    ...deafLines(report, paint),
    ...reachLines(report, paint),
    field("sync", syncText(report.sync, paint), paint),
    ...clientLines(report.sync, paint),
    ...syncProblems(report.sync, nowMs).map((problem) => field("", paint.yellow(`! ${problem}`), paint)),
    ...addressLines(report, paint),
    ...fastPathLines(report, paint),
    ...presenceLines(report, paint),
    ...trackLines(report, paint),
    ...report.services.flatMap((service) => ["", ...serviceBlock(service, report.peer.node, paint)]),
  ];
}

const field = (name: string, text: string, paint: Paint): string => `${paint.dim(name.padEnd(10))} ${text}`.trimEnd();

function nodeLines(node: NodeReport, nowMs: number, paint: Paint): string[] {
  return [
    `${roleLine(node, nowMs, paint)}`,
    `    this node, ${traits(node.ready, node.maintenance, node.priority, node.version, paint)}`,
    ...missingLines(node, paint),
  ];
}

/** `lb1 ● active since 2 min: the peer fell silent` */
function roleLine({ node, role, since, reason, explanation }: NodeReport, nowMs: number, paint: Paint): string {
  const why = explanation === undefined ? reasonSentence(reason) : `${reasonSentence(reason)} (${explanation})`;
  return `${paint.bold(node)} ${roleMark(role, paint)} since ${ageText(since, nowMs)}: ${why}`;
}

/** Nodes of different versions work together; they are not meant to for long. */
function versionLines({ node, version, peer }: StatusReport, paint: Paint): string[] {
  const differ = peer.version !== undefined && peer.version !== version;
  return [
    ...(differ ? [`${peer.node} runs version ${peer.version}, ${node} runs ${version}`] : []),
    ...(peer.older === true ? [`${peer.node} does not say what it reaches: its version is older`] : []),
  ].map((what) => paint.yellow(`    ! ${what}`));
}

function peerLines(peer: PeerReport, nowMs: number, paint: Paint): string[] {
  if (peer.silent === true) return [`${paint.bold(peer.node)} - silent, as a backup of VRRP is`];
  if (!peer.reachable) return [`${paint.bold(peer.node)} ${paint.red("✘ not reachable")} (last seen as ${peer.role})`];
  const { report } = peer;
  const about = traits(peer.ready, peer.maintenance, peer.priority, peer.version, paint);
  if (report === undefined || report.role !== peer.role) {
    return [`${paint.bold(peer.node)} ${roleMark(peer.role, paint)}`, `    ${about}`];
  }
  return [roleLine(report, nowMs, paint), `    ${about}`, ...missingLines(report, paint)];
}

function traits(
  ready: boolean,
  maintenance: boolean | undefined,
  priority: number | undefined,
  version: string | undefined,
  paint: Paint,
): string {
  return [
    ready ? "ready" : paint.yellow("not ready"),
    ...(maintenance === true ? [paint.yellow("in maintenance")] : []),
    ...(priority === undefined ? [] : [`priority ${priority}`]),
    ...(version === undefined ? [] : [`version ${version}`]),
  ].join(", ");
}

const missingLines = ({ missing }: NodeReport, paint: Paint): string[] =>
  missing.map((what) => `    ${paint.yellow(`! missing: ${what}`)}`);

function pathText({ path, up, lastHeardMs, loss = 0, gapWorstMs = 0 }: PathReport, paint: Paint): string {
  const heard = lastHeardMs === undefined ? (up ? "advertised" : "never heard") : `${spanText(lastHeardMs)} ago`;
  const text = goodMark(up, `${path} ${heard}`, paint);
  const lost = `(${(loss * 100).toFixed(loss < 0.1 ? 1 : 0)} % lost, longest pause ${spanText(gapWorstMs)})`;
  return loss < worthTelling ? text : `${text} ${paint.yellow(lost)}`;
}

/** One lost heartbeat of a thousand is no news. */
const worthTelling = 0.002;

/** A path that works in one direction alone. */
function deafLines({ heartbeat, node, peer }: StatusReport, paint: Paint): string[] {
  const deaf = heartbeat.filter(({ peerHears }) => peerHears === false).map(({ path }) => path);
  if (deaf.length === 0 || !peer.reachable) return [];
  return [field("", paint.yellow(`! ${peer.node} does not hear ${node} on ${deaf.join(", ")}`), paint)];
}

/** What each node reaches, where one of them has lost something. */
function reachLines({ node, reach, peer }: StatusReport, paint: Paint): string[] {
  const nodes = [
    ...(reach === undefined ? [] : [{ name: node, reach }]),
    ...(peer.reach === undefined || !peer.reachable ? [] : [{ name: peer.node, reach: peer.reach }]),
  ].map(({ name, reach }) => ({ text: `${name}: ${formatReach(reach)}`, full: lacksNothing(reach) }));
  if (nodes.every(({ full }) => full)) return [];
  return nodes.map(({ text, full }, index) => field(index === 0 ? "reach" : "", goodMark(full, text, paint), paint));
}

const lacksNothing = (reach: Reach): boolean => compareReach(reach, fullReach) === undefined;

/** What the active node's fast path carries, and which nodes have none although they should. */
function fastPathLines({ peer, ...own }: StatusReport, paint: Paint): string[] {
  const nodes = peer.report === undefined || !peer.reachable ? [own] : [own, peer.report];
  const texts = nodes.flatMap(({ node, role, fastPath }) => {
    if (fastPath === undefined) return [];
    if (!fastPath.open) return [goodMark(false, `${node}: the kernel refused it, see vipair events`, paint)];
    if (role !== "active") return [];
    const { connections, services } = fastPath;
    const begins = services === undefined ? "" : `, connections of ${services} services begin there`;
    return [goodMark(true, `${node} carries ${connections} busy connections${begins}`, paint)];
  });
  return texts.map((text, index) => field(index === 0 ? "fast path" : "", text, paint));
}

/** How the takeover of the active node came to the network, and who else answers for an address. */
function presenceLines({ node, presence, peer }: StatusReport, paint: Paint): string[] {
  const { report } = peer;
  return [
    ...presenceOf(node, presence, paint),
    ...(report !== undefined && peer.reachable ? presenceOf(report.node, report.presence, paint) : []),
  ];
}

function presenceOf(node: string, presence: PresenceReport | undefined, paint: Paint): string[] {
  if (presence === undefined) return [];
  const { convergence: proof, others } = presence;
  return [
    ...(proof === undefined
      ? []
      : [field("takeover", goodMark(proof.proved, `${node} ${proofText(proof)}`, paint), paint)]),
    ...others.map(({ address, interface: device, mac }) =>
      field("", paint.red(`✘ ${mac} answers for ${address} on ${device} too`), paint),
    ),
  ];
}

/** Where all is well, how long it took is all there is to say. */
function proofText({ proved, message, tookMs = 0, rounds }: ConvergenceReport): string {
  return proved ? `converged in ${spanText(tookMs)}, ${rounds} ${rounds === 1 ? "round" : "rounds"}` : message;
}

function syncText({ connected, connections, protected: safe, lagMs }: SyncReport, paint: Paint): string {
  if (!connected) return goodMark(false, `not connected: ${connections} connections live on this node alone`, paint);
  const lag = `lag ${spanText(lagMs)}`;
  return goodMark(true, `connected, ${safe} of ${connections} connections protected, ${lag}`, paint);
}

function trackLines({ tracks = [] }: NodeReport, paint: Paint): string[] {
  return tracks.map(({ track, ok, weight, because }, index) => {
    const cost = weight === undefined ? "may not be active" : `priority −${weight}`;
    const about = [...(because === undefined ? [] : [because]), ...(ok ? [] : [cost])].join(": ");
    return field(index === 0 ? "tracks" : "", goodMark(ok, about === "" ? track : `${track}, ${about}`, paint), paint);
  });
}

function clientLines({ connected, persistence }: SyncReport, paint: Paint): string[] {
  if (persistence === undefined) return [];
  const { clients, protected: safe } = persistence;
  const text = connected
    ? `${safe} of ${clients} remembered clients protected`
    : `${clients} clients are remembered on this node alone`;
  return [field("", goodMark(connected, text, paint), paint)];
}

function addressLines({ addresses, role }: NodeReport, paint: Paint): string[] {
  return addresses.map(({ address, interface: name, device, mac, held }, index) => {
    const by = device === undefined ? "" : ` (${device}, ${mac})`;
    const text = `${address} on ${name}${by}, ${held ? "held" : "not held"}`;
    const mark =
      held === (role === "active") ? (held ? goodMark(true, text, paint) : `- ${text}`) : paint.red(`✘ ${text}`);
    return field(index === 0 ? "addresses" : "", mark, paint);
  });
}
