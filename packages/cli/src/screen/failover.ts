import { type ExpectedGap, type FailoverPlan, type FailoverReport, type StatusReport, spanText } from "@vipair/model";
import { goodMark, type Paint } from "./mark.js";

/** What is about to happen, before it is known whether it will. */
export function handoverLine({ node, role, peer }: StatusReport): string {
  if (role === "active") return `${node} hands over to ${peer.node} …`;
  if (peer.role === "active") return `${peer.node} hands over to ${node} …`;
  return "no node is active; asking for a hand-over all the same …";
}

/** `lb2 is active: ownership passed in 3.2 ms, 41210 connections carried over` */
export function failoverLine({ to, tookMs, connections, notCarried }: FailoverReport): string {
  const left = notCarried === undefined ? "" : `, ${notCarried} were not and end here`;
  return `${to} is active: ownership passed in ${spanText(tookMs)}, ${connections} connections carried over${left}`;
}

/** `vipair failover --explain`. */
export function planLines(plan: FailoverPlan, paint: Paint): string[] {
  const { possible, reasons, sentences } = plan;
  const verdict = possible
    ? ["A hand-over is possible now."]
    : ["A hand-over would be refused:", ...reasons.map((reason) => `  ${reason}`)];
  const evidence = evidenceLines(plan, paint);
  return [...verdict, ...[evidence, sentences].flatMap((part) => (part.length === 0 ? [] : ["", ...part]))];
}

function evidenceLines({ from, to, gates, expected, connections, differing }: FailoverPlan, paint: Paint): string[] {
  const lines: string[] = [];
  const add = (name: string, text: string): void => {
    lines.push(`${paint.dim(name.padEnd(11))}  ${text}`);
  };
  if (gates !== undefined) add("gates", gates.map(({ gate, open }) => goodMark(open, gate, paint)).join("   "));
  if (connections !== undefined) {
    const { total, protected: inBoth } = connections;
    const lost = total - inBoth;
    const crash = lost === 0 ? "a crash would lose none" : `a crash would lose ${lost}, a hand-over carries them over`;
    add("connections", `${inBoth} of ${total} protected: ${crash}`);
  }
  if (expected !== undefined) {
    add("hand-over", plannedText(expected));
    const unplanned = unplannedText(expected, from ?? "the active node", to ?? "the standby");
    if (unplanned !== undefined) add("unplanned", unplanned);
  }
  for (const { server, active, standby } of differing ?? []) {
    add("servers", `${from} sees ${server} ${active}, ${to} sees it ${standby}`);
  }
  return lines;
}

function plannedText({ planned }: ExpectedGap): string {
  if (planned.length === 0) return "not measured yet: one heartbeat's way and the takeover itself";
  const [least, most] = [Math.min(...planned), Math.max(...planned)];
  return planned.length === 1
    ? `no owner for ${spanText(most)} the last time`
    : `no owner for ${spanText(least)} to ${spanText(most)} the last ${planned.length} times`;
}

function unplannedText({ silenceMs, lifelineMs }: ExpectedGap, from: string, to: string): string | undefined {
  if (silenceMs === undefined) return undefined;
  const lifeline = lifelineMs === undefined ? "" : `, or ${spanText(lifelineMs)} after its agent died`;
  return `${to} takes over ${spanText(silenceMs)} after ${from} was last heard${lifeline}`;
}
