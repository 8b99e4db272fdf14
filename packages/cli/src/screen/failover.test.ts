import type { FailoverPlan } from "@vipair/model";
import picocolors from "picocolors";
import { expect, it } from "vitest";
import { planLines } from "./failover.js";

const paint = picocolors.createColors(false);
const plan: FailoverPlan = {
  possible: false,
  reasons: ["lb2 is in maintenance"],
  sentences: ["lb1 carries its 12 connections over to the kernel of lb2."],
  from: "lb1",
  to: "lb2",
  gates: [
    { gate: "heard", open: true, reasons: [] },
    { gate: "not in maintenance", open: false, reasons: ["lb2 is in maintenance"] },
  ],
  expected: { planned: [9.71, 6.5], silenceMs: 361, lifelineMs: 5 },
  connections: { total: 12, protected: 11 },
  differing: [{ server: "owa/ex3", active: "up", standby: "down" }],
};

it("shows the verdict, the evidence and the steps", () => {
  expect(planLines(plan, paint)).toEqual([
    "A hand-over would be refused:",
    "  lb2 is in maintenance",
    "",
    "gates        ✔ heard   ✘ not in maintenance",
    "connections  11 of 12 protected: a crash would lose 1, a hand-over carries them over",
    "hand-over    no owner for 6.5 ms to 9.7 ms the last 2 times",
    "unplanned    lb2 takes over 361 ms after lb1 was last heard, or 5 ms after its agent died",
    "servers      lb1 sees owa/ex3 up, lb2 sees it down",
    "",
    "lb1 carries its 12 connections over to the kernel of lb2.",
  ]);
});

it("leaves out what is not known", () => {
  const { gates: _gates, differing: _differing, ...less } = plan;
  const lines = planLines(
    { ...less, possible: true, connections: { total: 3, protected: 3 }, expected: { planned: [] } },
    paint,
  );
  expect(lines.slice(0, 5)).toEqual([
    "A hand-over is possible now.",
    "",
    "connections  3 of 3 protected: a crash would lose none",
    "hand-over    not measured yet: one heartbeat's way and the takeover itself",
    "",
  ]);
});
