import { type FailoverPlan, type FailoverReport, type StatusReport, spanText } from "@vipair/model";

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
export function planLines({ possible, reasons, sentences }: FailoverPlan): string[] {
  const verdict = possible
    ? ["A hand-over is possible now."]
    : ["A hand-over would be refused:", ...reasons.map((reason) => `  ${reason}`)];
  return [...verdict, ...(sentences.length === 0 ? [] : ["", ...sentences])];
}
