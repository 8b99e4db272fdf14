import type { FailoverPlan } from "@vipair/model";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type CauseName, causes } from "../failover/cause.js";
import { openStage, type Stage } from "../stage/stage.js";
import { monotonicMs, until } from "../topology/clock.js";
import type { Host } from "../topology/host.js";
import { cables, type LbName, otherLb, virtualAddress, virtualAddress6 } from "../topology/plan.js";
import { Sessions, type SessionsReport } from "../traffic/sessions.js";
import { askControl } from "../vipair/control.js";
import { VipairPair } from "../vipair/pair.js";

/** The mark of every connection that belongs to a service, and the mask of what all have in common. */
const ourMark = "0x56500000/0xffff0000";
const count = 40;
const count6 = 6;
const trafficMs = 3_000;
/** The outage, and the retransmission that comes up to once that time later. */
const longestWaitMs = 1_500;

let stage: Stage<VipairPair>;
let open: Sessions[] = [];
/** Undoes a cause that was injected. */
let recover: (() => Promise<void>) | undefined;

beforeAll(async () => {
  stage = await openStage(VipairPair.start);
});
afterEach(async () => {
  await undo();
  await Promise.all(open.map((sessions) => sessions.end()));
  open = [];
});
afterAll(() => stage?.topology.close());

test.each(["planned", "killed", "stopped", "clientLink", "power"] as const)(
  "%s: no connection breaks, nor when the node is back and takes over again",
  (name) => expectSurvival(name, [virtualAddress]),
);

test("killed: connections over IPv6 survive as well", () => expectSurvival("killed", [virtualAddress6]));

test("the standby's kernel holds the connections as the active node's has them", async () => {
  const active = await stage.pair.settled();
  await connect([virtualAddress, virtualAddress6]);
  await protectedBy(active);
  // Other clients' short connections come and go between the two looks.
  const ports = (await Promise.all(open.map((sessions) => sessions.report(0, monotonicMs())))).flatMap(
    (one) => one.ports,
  );
  const ofSessions = async (node: typeof active): Promise<string[]> =>
    (await flows(node)).filter((line) => ports.some((port) => line.includes(`sport=${port} `)));
  const [mine, theirs] = await Promise.all([active, otherLb(active)].map(ofSessions));
  expect(theirs).toEqual(mine);
  expect(theirs).toHaveLength(count + count6);
});

test("connections of the host itself are not replicated", async () => {
  const active = await stage.pair.settled();
  const standby = otherLb(active);
  await connect([virtualAddress]);
  // From the active node straight to a real server: of no service, so without the mark.
  const own = await Sessions.open(stage.topology.host(active), "10.77.2.11", 2);
  open.push(own);
  const { ports } = await own.report(0, monotonicMs());
  await protectedBy(active);
  const held = (lines: readonly string[]): number[] =>
    ports.filter((port) => lines.some((line) => line.includes(`sport=${port} `)));
  expect(held(await conntrack(stage.topology.host(active), "-d", "10.77.2.11"))).toEqual(ports);
  expect(held(await conntrack(stage.topology.host(standby), "-d", "10.77.2.11"))).toEqual([]);
  expect(await foreign(standby)).toEqual([]);
});

/** Opens connections, moves ownership away by the cause and back by a planned failover, and expects all to live. */
async function expectSurvival(name: CauseName, addresses: readonly string[]): Promise<void> {
  const { pair, topology } = stage;
  const from = await pair.settled();
  const to = otherLb(from);
  await connect(addresses);
  await protectedBy(from);

  recover = () => causes[name].recover(pair, topology, from);
  await causes[name].inject(pair, topology, from);
  await becameActive(to);
  await expectAlive(`after ${name}`);

  await undo();
  expect(await pair.settled()).toBe(to);
  await protectedBy(to);
  await canHandOver(to);
  await pair.planned(to);
  await becameActive(from);
  await expectAlive(`back to ${from}, after ${name}`);
}

async function undo(): Promise<void> {
  const once = recover;
  recover = undefined;
  await once?.();
}

async function connect(addresses: readonly string[]): Promise<void> {
  const client = stage.topology.host("client");
  for (const address of addresses) {
    open.push(await Sessions.open(client, address, address === virtualAddress6 ? count6 : count));
  }
}

/** Waits until the standby has every connection of the active node, those of the client at least. */
async function protectedBy(active: LbName): Promise<void> {
  const opened = await Promise.all(open.map((sessions) => sessions.report(0, monotonicMs())));
  const wanted = opened.reduce((sum, { alive }) => sum + alive, 0);
  await until(`${active} has its connections protected`, 10_000, async () => {
    const { peer, sync } = await stage.pair.nodes[active].status();
    const enough = sync.protected >= wanted && sync.protected === sync.connections;
    if (peer.ready && enough) return true;
    throw new Error(`the peer is ${peer.ready ? "" : "not "}ready, of ${wanted} connections: ${JSON.stringify(sync)}`);
  });
}

/** A node that returns is ready before its tracks have risen again. */
async function canHandOver(active: LbName): Promise<void> {
  const { socket } = stage.pair.nodes[active].files;
  await until(`${active} could hand over`, 5_000, async () => {
    const plan = await askControl<FailoverPlan>(socket, "POST", "/failover", { explain: true });
    if (plan.possible) return true;
    throw new Error(plan.reasons.join("; "));
  });
}

const becameActive = (node: LbName): Promise<true> =>
  until(`${node} is active`, 5_000, async () => (await stage.pair.nodes[node].status()).role === "active");

/** Lets the connections go on for a while after a failover; none may be broken, wait for long, or change its server. */
async function expectAlive(when: string): Promise<void> {
  const fromMs = monotonicMs();
  for (const sessions of open) {
    const report = await sessions.report(fromMs, fromMs + trafficMs);
    const { alive, heard, strayed } = report;
    const well = alive === sessions.count && heard === alive && strayed === 0 && report.longestWaitMs < longestWaitMs;
    expect(well, well ? when : await evidence(when, report, sessions)).toBe(true);
  }
}

/** What ever broke, and what the nodes say happened. */
async function evidence(when: string, report: SessionsReport, sessions: Sessions): Promise<string> {
  const { broken } = await sessions.report(0, monotonicMs());
  const events = await Promise.all(Object.values(stage.pair.nodes).map((node) => node.events().catch(() => [])));
  const story = events.flat().sort((a, b) => a.at.localeCompare(b.at));
  const lines = story.slice(-15).map(({ at, node, message }) => `${at} ${node} ${message}`);
  return [
    when,
    JSON.stringify({ ...report, ports: undefined }),
    ...broken.map((one) => JSON.stringify(one)),
    ...lines,
  ].join("\n");
}

const conntrack = async (host: Host, ...args: string[]): Promise<string[]> =>
  (await host.check(["conntrack", "-L", ...args])).split("\n").filter(Boolean);

/** The established connections of our services with DNAT, without what differs from kernel to kernel: the time left. */
async function flows(node: LbName): Promise<string[]> {
  const host = stage.topology.host(node);
  const families = await Promise.all(
    ["ipv4", "ipv6"].map((family) => conntrack(host, "-f", family, "-p", "tcp", "-g", "-m", ourMark)),
  );
  return families
    .flat()
    .filter((line) => line.includes("ESTABLISHED"))
    .map((line) => line.replace(/^(\S+\s+\d+)\s+\d+/, "$1").replace(/\s+use=\d+\s*$/, ""))
    .sort();
}

/** Entries of a node's conntrack that carry no mark of ours and have nothing to do with that node. */
async function foreign(node: LbName): Promise<string[]> {
  const own = cables.flatMap(({ host, addresses }) => (host === node ? addresses : [])).map((it) => it.split("/")[0]);
  const lines = await conntrack(stage.topology.host(node), "-f", "ipv4");
  return lines.filter((line) => {
    const mark = Number(/mark=(\d+)/.exec(line)?.[1] ?? 0);
    const [source, destination] = [...line.matchAll(/(?:src|dst)=(\S+)/g)].map(([, address = ""]) => address);
    const touches = [source, destination].some(
      (it) => own.includes(it) || it?.startsWith("224.") || it === "127.0.0.1",
    );
    return mark >>> 16 !== 0x5650 && !touches;
  });
}
