import { afterAll, beforeAll, expect, test } from "vitest";
import { openStage, type Stage } from "../stage/stage.js";
import { until } from "../topology/clock.js";
import type { Host } from "../topology/host.js";
import { type LbName, otherLb, virtualAddress } from "../topology/plan.js";
import { isAlive } from "../topology/processes.js";
import { VipairPair } from "../vipair/pair.js";

let stage: Stage<VipairPair>;
const untouched = new Map<string, KernelState>();

beforeAll(async () => {
  stage = await openStage(async (topology) => {
    for (const name of ["lb1", "lb2"] as const) untouched.set(name, await kernelState(topology.host(name)));
    return VipairPair.start(topology);
  });
});
afterAll(() => stage?.topology.close());

interface KernelState {
  readonly addresses: string;
  readonly tables: string;
  readonly sysctls: string;
}

/** Everything of a host that the daemon may change. */
async function kernelState(host: Host): Promise<KernelState> {
  const pattern = "^net\\.(ipv4|ipv6|netfilter|core)\\.";
  const sysctls = await host.run(["sysctl", "-a", "--pattern", pattern]);
  return {
    addresses: await host.check(["ip", "-br", "address"]),
    tables: await host.check(["nft", "list", "tables"]),
    sysctls: sysctls.stdout
      .split("\n")
      .filter((line) => !line.includes("nf_conntrack_count"))
      .join("\n"),
  };
}

async function expectNothingLeft(node: LbName, pids: readonly number[]): Promise<void> {
  expect(pids.filter(isAlive)).toEqual([]);
  expect(await kernelState(stage.topology.host(node))).toEqual(untouched.get(node));
}

test("a stopped standby leaves nothing behind", async () => {
  const node = otherLb(await stage.pair.settled());
  const { pids } = stage.pair.nodes[node];
  expect(await stage.pair.nodes[node].stop()).toBe(0);
  await expectNothingLeft(node, pids);
  stage.pair.nodes[node].start();
});

test("a stopped active node hands over and leaves nothing behind", async () => {
  const node = await stage.pair.settled();
  const { pids } = stage.pair.nodes[node];
  expect(await stage.pair.nodes[node].stop()).toBe(0);
  await expectNothingLeft(node, pids);
  expect((await stage.pair.nodes[otherLb(node)].status()).role).toBe("active");
  stage.pair.nodes[node].start();
});

test("a killed node that starts again cleans up what it had left", async () => {
  const node = await stage.pair.settled();
  stage.pair.signal(node, "SIGKILL");
  await until("the other node is active", 5_000, async () => {
    return (await stage.pair.nodes[otherLb(node)].status()).role === "active";
  });
  await stage.pair.restart(node);
  expect(await stage.pair.settled()).toBe(otherLb(node));
  expect(await stage.topology.host(node).check(["ip", "-br", "address"])).not.toContain(`${virtualAddress}/`);
});

test("when both have been killed and start again, one serves", async () => {
  await stage.pair.settled();
  for (const node of ["lb1", "lb2"] as const) stage.pair.signal(node, "SIGKILL");
  await Promise.all([stage.pair.restart("lb1"), stage.pair.restart("lb2")]);
  await stage.pair.settled();
  const url = `http://${virtualAddress}/`;
  const answer = await stage.topology.host("client").check(["curl", "-sS", "--max-time", "3", url]);
  expect(answer).toMatch(/^rs[12]$/m);
});

test("after a clean stop of both nothing is left on either", async () => {
  await stage.pair.settled();
  const pids = { lb1: stage.pair.nodes.lb1.pids, lb2: stage.pair.nodes.lb2.pids };
  expect(await stage.pair.nodes.lb1.stop()).toBe(0);
  expect(await stage.pair.nodes.lb2.stop()).toBe(0);
  await expectNothingLeft("lb1", pids.lb1);
  await expectNothingLeft("lb2", pids.lb2);
});
