import { afterAll, beforeAll, expect, test } from "vitest";
import { monotonicMs } from "../../topology/clock.js";
import { ports } from "../../topology/plan.js";
import { Topology } from "../../topology/topology.js";
import { startServer } from "../../traffic/server.js";
import { measureFirstAnswer } from "./connects.js";

let topology: Topology;

beforeAll(async () => {
  topology = await Topology.open();
});
afterAll(() => topology?.close());

test("the time to the first answer begins with the request, and ends when the port is served", async () => {
  const server = topology.host("watch");
  let [asked, serves] = [0, 0];
  const took = await measureFirstAnswer(topology.host("client"), "198.51.100.101", ports.http, async () => {
    asked = monotonicMs();
    await startServer(server);
    serves = monotonicMs();
  });
  const answered = monotonicMs();
  expect(took).toBeGreaterThan(0);
  expect(took).toBeLessThanOrEqual(answered - asked);
  // The server says that it listens after it does: an answer may come before, but not before it was started.
  expect(serves).toBeGreaterThan(asked);
  expect(await server.check(["ss", "-Hltn"])).toContain(`:${ports.http} `);
});
