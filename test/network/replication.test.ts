import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openStage, type Stage } from "../stage/stage.js";
import type { Host } from "../topology/host.js";
import { cables, type LbName, otherLb } from "../topology/plan.js";
import { Connections } from "../traffic/connections/connections.js";
import { type Target, targets } from "../traffic/target.js";
import { VipairPair } from "../vipair/pair.js";

/** The mark of every connection that belongs to a service, and the mask of what all have in common. */
const ourMark = "0x56500000/0xffff0000";
const server: Target = { ...targets.nat, address: "10.77.2.11" };

let stage: Stage<VipairPair>;
let open: Connections[] = [];

beforeAll(async () => {
  stage = await openStage(VipairPair.start);
});
afterEach(async () => {
  await Promise.all(open.map((connections) => connections.end()));
  open = [];
});
afterAll(() => stage?.topology.close());

test("the standby's kernel holds the connections as the active node's has them", async () => {
  const active = await stage.pair.settled();
  // One number for each connection, whatever its target.
  const ports = await connect(stage.topology.host("client"), Object.values(targets), 48);
  await stage.pair.protects(active, ports.length);
  // Other clients' short connections come and go between the two looks.
  const ofTest = async (node: LbName): Promise<string[]> =>
    (await flows(node)).filter((line) => ports.some((port) => line.includes(`sport=${port} `)));
  const [mine, theirs] = await Promise.all([active, otherLb(active)].map(ofTest));
  expect(theirs).toEqual(mine);
  expect(theirs).toHaveLength(ports.length);
});

test("connections of the host itself are not replicated", async () => {
  const active = await stage.pair.settled();
  const standby = otherLb(active);
  const through = await connect(stage.topology.host("client"), [targets.nat], 40);
  // From the active node straight to a real server: of no service, so without the mark.
  const ports = await connect(stage.topology.host(active), [server], 2);
  await stage.pair.protects(active, through.length);
  const held = (lines: readonly string[]): number[] =>
    ports.filter((port) => lines.some((line) => line.includes(`sport=${port} `)));
  expect(held(await conntrack(stage.topology.host(active), "-d", server.address))).toEqual(ports);
  expect(held(await conntrack(stage.topology.host(standby), "-d", server.address))).toEqual([]);
  expect(await foreign(standby)).toEqual([]);
});

/** Opens interactive connections, and returns the client's ports. */
async function connect(host: Host, to: readonly Target[], count: number): Promise<readonly number[]> {
  const plan = { targets: to, busy: count / 2, everyMs: 50, idle: count / 2, streams: 0 };
  const connections = await Connections.open(host, plan);
  open.push(connections);
  return (await connections.report()).ports;
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
