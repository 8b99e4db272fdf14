import { millisOf, parseAddress } from "@vipair/model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { because, enterNamespace, obstacle, run } from "../laboratory/namespace.js";
import { type Neighbour, openNeighbour } from "../laboratory/two-hosts.js";
import { askNeighbour } from "./ask.js";

const address = (text: string) => parseAddress(text) ?? { family: 4 as const, text };
const ask = (text: string, timeoutMs: number, name = "v0"): Promise<boolean> =>
  askNeighbour(name, address(text), millisOf(timeoutMs));

describe.skipIf(obstacle !== undefined)(`a neighbour that is asked${because}`, () => {
  let neighbour: Neighbour;
  beforeAll(async () => {
    enterNamespace();
    neighbour = await openNeighbour();
  });
  afterAll(() => neighbour?.close());

  test.each(["192.0.2.2", "2001:db8::2"])("answers for its address %s", async (text) => {
    expect(await ask(text, 3_000)).toBe(true);
  });

  test.each(["192.0.2.99", "2001:db8::99"])("does not answer for %s, which it does not have", async (text) => {
    expect(await ask(text, 100)).toBe(false);
  });

  test("does not learn the asker's address", async () => {
    neighbour.host.run("ip neigh flush dev v1");
    expect(await ask("192.0.2.2", 3_000)).toBe(true);
    expect(neighbour.host.run("ip neigh show dev v1")).not.toContain("192.0.2.1 ");
  });

  test("does not answer over a link that is down", async () => {
    run("ip link set v0 down");
    expect(await ask("192.0.2.2", 50)).toBe(false);
    run("ip link set v0 up");
    expect(await ask("192.0.2.2", 3_000)).toBe(true);
  });

  test("is refused on an interface that is not there", async () => {
    await expect(ask("192.0.2.2", 50, "none")).rejects.toThrow("ENODEV");
  });
});
