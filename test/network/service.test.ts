import { afterAll, beforeAll, expect, test } from "vitest";
import { openStage, type Stage } from "../stage/stage.js";
import { until } from "../topology/clock.js";
import { virtualAddress, virtualAddress6 } from "../topology/plan.js";
import { VipairPair } from "../vipair/pair.js";

let stage: Stage<VipairPair>;

beforeAll(async () => {
  stage = await openStage(VipairPair.start);
});
afterAll(() => stage?.topology.close());

const fetchName = async (host: string): Promise<string> => {
  const client = stage.topology.host("client");
  return (await client.check(["curl", "-gsS", "--max-time", "2", `http://${host}/`])).trim();
};

test.each([virtualAddress, `[${virtualAddress6}]`])("both servers get requests through %s", async (address) => {
  const names = new Set<string>();
  for (let i = 0; i < 8; i++) names.add(await fetchName(address));
  expect([...names].sort()).toEqual(["rs1", "rs2"]);
});

test("a service whose servers are all down refuses connections at once", async () => {
  for (const server of Object.values(stage.servers)) server.signalAll("SIGKILL");
  await until("the service is down", 10_000, async () => {
    const status = await stage.pair.nodes[await stage.pair.active()].status();
    return status.services.find(({ name }) => name === "web")?.up === false;
  });
  const format = "%{exitcode} %{time_total}";
  const url = `http://${virtualAddress}/`;
  const argv = ["curl", "-s", "-o", "/dev/null", "-w", format, "--max-time", "3", url];
  const { stdout } = await stage.topology.host("client").run(argv);
  const [exitCode, seconds] = stdout.split(" ").map(Number);
  expect(exitCode).toBe(7); // connection refused
  expect(seconds).toBeLessThan(0.2);
});
