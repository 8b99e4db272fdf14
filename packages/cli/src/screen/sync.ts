import {
  type DriftReport,
  type ReplicationReport,
  type SyncNodeReport,
  type SyncReport,
  type SyncStatusReport,
  spanText,
  type VerifyReport,
} from "@vipair/model";
import { goodMark, type Paint } from "./mark.js";
import { tableLines } from "./table.js";
import { ageText } from "./time.js";

/**
 * `vipair sync status`: the link, what is protected, what was found to differ, and what each node counts.
 * @param nowMs the wall clock, in milliseconds since 1970-01-01 UTC
 */
export function syncLines(report: SyncStatusReport, nowMs: number, paint: Paint): string[] {
  const { connected, since } = report;
  const link = goodMark(connected, `${connected ? "up" : "down"} since ${ageText(since, nowMs)}`, paint);
  return [
    field("link", link, paint),
    ...report.nodes.flatMap((node) => nodeLines(node, nowMs, paint)),
    "",
    ...countLines(report.nodes, paint),
  ];
}

const field = (name: string, text: string, paint: Paint): string => `${paint.dim(name.padEnd(10))} ${text}`;

function nodeLines({ node, replication }: SyncNodeReport, nowMs: number, paint: Paint): string[] {
  if (replication === undefined) return ["", `${paint.bold(node)} has not said anything`];
  const head = ["", `${paint.bold(node)} ${roleText(replication)}`];
  if (replication.role === "source") {
    const { connections, protected: inBoth, lagMs, waiting, unacknowledged, tombstones, lost } = replication;
    const { comparisons, comparedAt } = replication;
    const compared =
      comparedAt === undefined ? "never" : `${comparisons} times, last ${ageText(comparedAt, nowMs)} ago`;
    return [
      ...head,
      field("protected", `${protectedText(inBoth, connections)}, lag ${spanText(lagMs)}`, paint),
      field("under way", `${waiting} waiting, ${unacknowledged} unacknowledged, ${tombstones} of them ends`, paint),
      field("lost", goodMark(lost === 0, `${lost} that the standby's kernel lost or refused`, paint), paint),
      field("compared", compared, paint),
    ];
  }
  const { connections, inStep, caughtUp, drift, driftAt, lost, refusedInserts } = replication;
  const when = driftAt === undefined ? "" : `, last ${ageText(driftAt, nowMs)} ago`;
  return [
    ...head,
    field(
      "holds",
      goodMark(inStep, `${connections} connections, ${inStep ? "in step" : "not in step yet"}`, paint),
      paint,
    ),
    field("caught up", driftText(caughtUp), paint),
    field("drift", goodMark(sumOf(drift) === 0, `${driftText(drift)}${when}`, paint), paint),
    field("refused", goodMark(refusedInserts === 0, `${refusedInserts} by this kernel`, paint), paint),
    field("lost", `${lost} by this kernel, by time or by somebody's hand`, paint),
  ];
}

const roleText = ({ role }: ReplicationReport): string =>
  role === "source" ? "sends its connections" : "holds the other's connections";

/** `41210 of 41530 connections (99.2 %)`, rounded down: only all of them are 100 %. */
function protectedText(inBoth: number, connections: number): string {
  const percent = connections === 0 ? 100 : Math.floor((inBoth / connections) * 1_000) / 10;
  return `${inBoth} of ${connections} connections (${percent} %)`;
}

const driftText = ({ missing, surplus, different }: DriftReport): string =>
  `${missing} missing, ${surplus} surplus, ${different} different`;

const sumOf = ({ missing, surplus, different }: DriftReport): number => missing + surplus + different;

function countLines(nodes: readonly SyncNodeReport[], paint: Paint): string[] {
  const rows = nodes.flatMap(({ node, replication: it }) => {
    if (it === undefined) return [];
    const traffic = [it.framesSent, it.bytesSent, it.framesReceived, it.bytesReceived];
    const [sent = "", sentBytes = "", received = "", receivedBytes = ""] = traffic.map((value, index) =>
      index % 2 === 0 ? String(value) : bytesText(value),
    );
    return [
      [
        node,
        sent,
        sentBytes,
        received,
        receivedBytes,
        String(it.refusedFrames),
        String(it.overruns),
        bytesText(it.bytes),
      ],
    ];
  });
  if (rows.length === 0) return [];
  const titles = ["NODE", "SENT", "", "RECEIVED", "", "REFUSED", "OVERRUNS", "MEMORY"];
  const columns = titles.map((title, index) => ({ title, align: index === 0 ? "left" : "right" }) as const);
  const [head = "", ...lines] = tableLines(columns, rows);
  return [paint.dim(head), ...lines];
}

function bytesText(bytes: number): string {
  if (bytes < 10_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${Math.round(bytes / 100_000) / 10} MB`;
}

/** `vipair sync verify` of two kernels that agree, at last. */
export function verifyLines(report: VerifyReport): string[] {
  const { active, standby, connections, found, repaired, examples, rounds, tookMs } = report;
  const looked = `${rounds} ${rounds === 1 ? "look" : "looks"}, ${spanText(tookMs)}`;
  if (repaired === 0) return [`${active} and ${standby} agree on ${connections} connections (${looked})`];
  return [
    `${active} and ${standby} differed: ${driftText(found)}`,
    ...examples.map((example) => `  ${example}`),
    `repaired: ${repaired}; they agree on ${connections} connections now (${looked})`,
  ];
}

/** The sentence about two kernels that do not agree. */
export function verifyVerdict({ active, standby, remaining, repaired, complete }: VerifyReport): string {
  const least = complete ? "" : "at least ";
  const mended = repaired === 0 ? "" : `, ${repaired} repaired`;
  return `${active} and ${standby} differ: ${least}${driftText(remaining)}${mended}`;
}

const longLagMs = 2_000;
const recentDriftMs = 3_600_000;

/** What somebody should look into, for `vipair status`. */
export function syncProblems(sync: SyncReport, nowMs: number): string[] {
  const { connected, connections, lagMs, drift, lost = 0, waiting = 0, unacknowledged = 0 } = sync;
  if (!connected) return [];
  const problems: string[] = [];
  const unexplained = connections - sync.protected - waiting - unacknowledged - lost;
  if (unexplained > connections / 10) problems.push("the standby has not confirmed what it has");
  if (lagMs > longLagMs) problems.push(`the standby is ${spanText(lagMs)} behind`);
  if (lost > 0) problems.push(`the standby's kernel lost or refused ${lost}: \`vipair connections --unprotected\``);
  if (drift?.repairedAt !== undefined && nowMs - Date.parse(drift.repairedAt) < recentDriftMs) {
    problems.push(`${driftText(drift)} on the standby, repaired; last ${ageText(drift.repairedAt, nowMs)} ago`);
  }
  return problems;
}
