import { type IpAddress, parseAddress } from "@vipair/model";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { because, enterNamespace, obstacle, run, until } from "../laboratory/namespace.js";
import { type Neighbour, openNeighbour } from "../laboratory/two-hosts.js";
import { type AddressSight, openAddressSight } from "./sight.js";
import type { Sighting } from "./sighting.js";

const address = (text: string): IpAddress => parseAddress(text) ?? { family: 4, text };
const held = ["192.0.2.10", "192.0.2.11", "2001:db8::10", "2001:db8::11"].map(address);
const mac = "02:00:00:00:00:99";

describe.skipIf(obstacle !== undefined)(`the sight of one's own addresses${because}`, () => {
  let neighbour: Neighbour;
  let sight: AddressSight;
  beforeAll(async () => {
    enterNamespace();
    neighbour = await openNeighbour();
    neighbour.host.run(`ip link set v1 address ${mac}`);
    for (const { text, family } of held) run(`ip addr add ${text}/${family === 4 ? 24 : 64} dev v0 nodad`);
  });
  afterAll(() => neighbour?.close());
  beforeEach(() => {
    sight = openAddressSight("v0", held);
  });
  afterEach(() => sight.close());

  const textOf = (sighting: Sighting): string =>
    `${sighting.type} ${sighting.address.text} ${sighting.type === "answer" ? sighting.mac : sighting.source.text}`;

  test.each(["192.0.2.11", "2001:db8::11"])(
    "sees who else answers for %s, and nothing when nobody does",
    async (text) => {
      sight.askForOthers();
      neighbour.host.run(`ip addr add ${text}/${text.includes(":") ? 64 : 24} dev v1 nodad`);
      const seen = new Set<string>();
      await until(() => {
        sight.askForOthers();
        for (const sighting of sight.read()) seen.add(textOf(sighting));
        return seen.size > 0;
      }, 5_000);
      expect([...seen]).toEqual([`answer ${text} ${mac}`]);
      neighbour.host.run(`ip addr del ${text}/${text.includes(":") ? 64 : 24} dev v1`);
      run("sleep 0.1");
      sight.read();
      sight.askForOthers();
      run("sleep 0.1");
      expect(sight.read()).toEqual([]);
    },
  );

  test.each([
    ["192.0.2.10", "192.0.2.2"],
    ["2001:db8::10", "2001:db8::2"],
  ])("sees a neighbour's answer to an inquiry in the name of %s", async (as, from) => {
    sight.watchTraffic(true);
    const seen = new Set<string>();
    await until(() => {
      sight.inquire(address(as), address(from));
      for (const sighting of sight.read()) seen.add(textOf(sighting));
      return seen.has(`arrival ${as} ${from}`);
    }, 5_000);
    expect([...seen].filter((one) => one.startsWith("answer"))).toEqual([]);
  });

  test.each([
    ["192.0.2.10", "192.0.2.2"],
    ["2001:db8::10", "2001:db8::2"],
  ])("sees traffic to %s only while it is watched", async (to, from) => {
    const ping = (): void => {
      neighbour.host.run(`ping -c 1 -W 1 ${to}`);
    };
    ping();
    // What is said of an IPv4 address in ARP is always seen.
    if (to.includes(":")) expect(sight.read()).toEqual([]);
    sight.watchTraffic(true);
    const seen = new Set<string>();
    await until(() => {
      ping();
      for (const sighting of sight.read()) seen.add(textOf(sighting));
      return seen.size > 0;
    }, 5_000);
    expect([...seen]).toEqual([`arrival ${to} ${from}`]);
    sight.watchTraffic(false);
    ping();
    if (to.includes(":")) expect(sight.read()).toEqual([]);
  });

  test("is refused on an interface that is not there", () => {
    expect(() => openAddressSight("none", held)).toThrow("ENODEV");
  });
});
