/** Holds TCP connections open and never opens one again; notes what ends one, and how long each had to wait. */
import { monotonicMs, pause } from "../../topology/clock.js";
import { answerQuestions } from "../instrument.js";
import type { Target } from "../target.js";
import type { Connection } from "./connection.js";
import {
  type ConnectionsPlan,
  type ConnectionsQuestion,
  type ConnectionsReport,
  defaultPatienceMs,
} from "./connections.js";
import { Exchange } from "./exchange.js";
import { Stream } from "./stream.js";

const plan = JSON.parse(process.argv[2] ?? "") as ConnectionsPlan;
/** So many handshakes at once fit into a server's backlog. */
const largestRush = 200;

const busy: Exchange[] = [];
const idle: Exchange[] = [];
const streams: Stream[] = [];
const all: Connection[] = [];
const { patienceMs = defaultPatienceMs } = plan;
let { everyMs } = plan;
let windowFrom = monotonicMs();

answerQuestions(async (question: ConnectionsQuestion): Promise<ConnectionsReport> => {
  switch (question.type) {
    case "open":
      await open();
      break;
    case "begin": {
      const before = report();
      begin();
      return before;
    }
    case "prove":
      await prove();
      break;
    case "pace":
      everyMs = question.everyMs;
      break;
    case "report":
      break;
  }
  return report();
});

async function open(): Promise<void> {
  const { targets, octetsPerSecond = Number.POSITIVE_INFINITY } = plan;
  const target = (number: number): Target => targets[number % targets.length] as Target;
  const exchange = (kind: "busy" | "idle", number: number): Exchange =>
    new Exchange(target(number).address, target(number).echoPort, kind);
  await openAll(busy, plan.busy, (number) => exchange("busy", number));
  await openAll(idle, plan.idle, (number) => exchange("idle", number));
  await openAll(streams, plan.streams, (number) => {
    return new Stream(target(number).address, target(number).streamPort, octetsPerSecond);
  });
  keepBusy();
  setInterval(watch, 20);
  begin();
}

async function openAll<C extends Connection>(into: C[], count: number, one: (number: number) => C): Promise<void> {
  while (into.length < count) {
    const rush = Array.from({ length: Math.min(largestRush, count - into.length) }, (_, n) => one(into.length + n));
    into.push(...rush);
    all.push(...rush);
    await proven();
  }
}

/** Asks on each busy connection in its turn; one that still waits for its answer leaves its turn out. */
function keepBusy(): void {
  let turn = 0;
  let due = monotonicMs();
  const ask = (): void => {
    const now = monotonicMs();
    // What a stall kept from being asked is left out as well.
    due = Math.max(due, now - everyMs);
    for (; due <= now; due += everyMs / busy.length) busy[turn++ % busy.length]?.ask();
    setTimeout(ask, 1);
  };
  if (busy.length > 0) ask();
}

function watch(): void {
  const now = monotonicMs();
  for (const connection of all) connection.watch(now, patienceMs);
}

function begin(): void {
  windowFrom = monotonicMs();
  for (const connection of all) connection.begin();
}

async function prove(): Promise<void> {
  const now = monotonicMs();
  for (const connection of all) connection.prove(now);
  for (const [number, connection] of idle.entries()) {
    connection.ask();
    if (number % largestRush === 0) await pause(1);
  }
  await proven();
}

async function proven(): Promise<void> {
  while (all.some((connection) => !connection.proven && connection.broken === undefined)) {
    watch();
    await pause(5);
  }
}

function report(): ConnectionsReport {
  watch();
  const alive = all.filter(({ broken }) => broken === undefined);
  const windowMs = monotonicMs() - windowFrom;
  const answers = busy.reduce((sum, connection) => sum + connection.answers, 0);
  return {
    windowMs,
    alive: alive.length,
    ports: alive.map(({ port }) => port),
    broken: all.flatMap(({ broken }) => broken ?? []),
    everyMs: answers === 0 ? 0 : (windowMs * busy.length) / answers,
    longestWaitMs: longest([...busy, ...idle]),
    octets: streams.reduce((sum, stream) => sum + stream.octets, 0),
    longestSilenceMs: longest(streams),
  };
}

const longest = (of: readonly Connection[]): number =>
  of.reduce((most, { longestWaitMs }) => Math.max(most, longestWaitMs), 0);
