import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openStage, type Stage } from "../stage/stage.js";
import { monotonicMs, until } from "../topology/clock.js";
import { gateway, virtualAddress } from "../topology/plan.js";
import type { VipairNode } from "../vipair/node.js";
import { VipairPair } from "../vipair/pair.js";

let stage: Stage<VipairPair>;
let active: VipairNode;

beforeAll(async () => {
  stage = await openStage(VipairPair.start);
});
beforeEach(async () => {
  active = stage.pair.nodes[await stage.pair.settled()];
});
afterAll(() => stage?.topology.close());

const restorations = async (): Promise<number> =>
  (await active.events()).filter(({ kind }) => kind === "restored").length;

/** Breaks something, and expects it whole again within a second, an event about it, and no change of role. */
async function expectRestored(breakIt: string[], show: string[]): Promise<void> {
  const whole = await active.host.check(show);
  const eventsBefore = await restorations();
  await active.host.check(breakIt);
  const brokenAt = monotonicMs();
  await until("it is put back", 5_000, async () => (await active.host.run(show)).stdout === whole, 20);
  expect(monotonicMs() - brokenAt).toBeLessThan(1_000);
  await until("an event says so", 2_000, async () => (await restorations()) > eventsBefore);
  expect((await active.status()).role).toBe("active");
  const request = ["curl", "-sS", "--max-time", "2", `http://${virtualAddress}/`];
  expect(await stage.topology.host("client").check(request)).toMatch(/^rs[12]$/m);
}

test.each(["inet vipair", "inet vipair_fence", "arp vipair_fence"])("table %s, deleted by hand, is put back", (table) =>
  expectRestored(["nft", "delete", "table", ...table.split(" ")], ["nft", "-s", "list", "table", ...table.split(" ")]),
);

test("a flushed ruleset is put back", () =>
  expectRestored(["nft", "flush", "ruleset"], ["sh", "-c", "nft list tables | sort"]));

test.each([
  [`${virtualAddress}/24`, "eth0"],
  [`${gateway}/24`, "eth1"],
])("address %s, deleted by hand, is put back", (address, link) =>
  expectRestored(
    ["ip", "address", "del", address, "dev", link],
    ["sh", "-c", `ip -o address show dev ${link} to ${address.split("/")[0]} | awk '{print $2, $4}'`],
  ),
);
