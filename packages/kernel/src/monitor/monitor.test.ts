import { spawn, spawnSync } from "node:child_process";
import { millisOf } from "@vipair/model";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { because, enterNamespace, obstacle, run, until } from "../laboratory/namespace.js";
import { type Neighbour, openNeighbour, virtualAddress } from "../laboratory/two-hosts.js";
import { fenceTables } from "../lease/fence.js";
import { openCarrier } from "../link/link.js";
import type { NetlinkMessage } from "../netlink/reader.js";
import { NETLINK_NETFILTER, NetlinkSocket } from "../netlink/socket.js";
import { Batch } from "../nftables/batch.js";
import { openOwnership } from "../ownership.js";
import { type RouteEvent, watchRoutes } from "./routes.js";
import { type TableEvent, watchTables, worthShowing } from "./tables.js";
import { type Watch, watchNetlink } from "./watch.js";

describe.skipIf(obstacle !== undefined)(`events of the kernel${because}`, () => {
  let neighbour: Neighbour;
  let watch: Watch | undefined;

  beforeAll(async () => {
    enterNamespace();
    neighbour = await openNeighbour();
  });
  afterAll(() => neighbour?.close());
  afterEach(() => watch?.close());

  test("a link that loses its carrier is noticed within 50 ms, by event or by question", async () => {
    const events: RouteEvent[] = [];
    watch = watchRoutes((event) => events.push(event));
    const up = openCarrier("v0");
    expect(up()).toBe(true);
    neighbour.host.run("ip link set v1 down");
    expect(up()).toBe(false);
    await until(() => events.length > 0, 1500);
    expect(events[0]).toEqual({ type: "linkChanged", interface: "v0", up: false });
    neighbour.host.run("ip link set v1 up");
    expect(up()).toBe(true);
    await until(() => events.length > 1, 1500);
    expect(events[1]).toEqual({ type: "linkChanged", interface: "v0", up: true });
    run("ip link set v0 down");
    await until(() => events.length > 2, 50);
    expect(up()).toBe(false);
    run("ip link set v0 up; ip -6 addr add 2001:db8::1/64 dev v0 nodad");
    await until(up);
  });

  test("the loopback has a carrier, a missing interface has none", () => {
    expect(openCarrier("lo")()).toBe(true);
    expect(openCarrier("nowhere")()).toBe(false);
  });

  test("a removed address is noticed, of both families", async () => {
    const events: RouteEvent[] = [];
    run("ip addr add 192.0.2.10/24 dev v0; ip addr add 2001:db8::10/64 dev v0 nodad");
    watch = watchRoutes((event) => events.push(event));
    run("ip addr del 192.0.2.10/24 dev v0; ip addr del 2001:db8::10/64 dev v0");
    await until(() => events.length === 2, 500);
    expect(events).toEqual([
      { type: "addressRemoved", address: "192.0.2.10/24", interface: "v0" },
      { type: "addressRemoved", address: "2001:db8::10/64", interface: "v0" },
    ]);
  });

  test.each([
    ["the whole ruleset", "nft flush ruleset", ["inet", "arp"]],
    ["one table", "nft delete table inet vipair_fence", ["inet"]],
    ["a chain's rules", "nft flush chain arp vipair_fence input", ["arp"]],
  ])("a fence of which others delete %s is noticed, what this process does is not", async (_, command, families) => {
    const ownership = openOwnership({ addresses: [virtualAddress("192.0.2.10/24")] });
    expect(ownership.open()).toEqual({ ok: true });
    const events: TableEvent[] = [];
    watch = watchTables(fenceTables, (event) => events.push(event));
    ownership.restoreFence();
    ownership.renewLease(millisOf(100));
    run("nft add table inet other; nft delete table inet other");
    run(command);
    await until(() => events.length > 0, 500);
    await until(
      () => new Set(events.map((event) => event.type === "tableDamaged" && event.family)).size === families.length,
    );
    for (const event of events) {
      expect(event).toEqual({ type: "tableDamaged", family: expect.any(String), table: "vipair_fence" });
      expect(families).toContain(event.type === "tableDamaged" ? event.family : "");
    }
    ownership.close();
  });

  describe("of transactions of a process that is overlooked", () => {
    const one = { family: "inet", table: "one" } as const;
    const renewal = "nft add table inet other; nft flush table inet other; nft delete table inet other";
    /** A shell in whose stead each command runs, so that the process is known before. */
    const nft = async (arguments_: string, begins: (process: number) => void): Promise<void> => {
      const child = spawn("/bin/sh", ["-c", `read go; exec nft ${arguments_}`], {
        stdio: ["pipe", "inherit", "inherit"],
      });
      begins(child.pid ?? 0);
      child.stdin?.end("go\n");
      expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(0);
    };

    test("nothing is told, and what others delete before and after them is", async () => {
      const events: TableEvent[] = [];
      const tables = watchTables([one], (event) => events.push(event));
      watch = tables;
      run("nft add table inet one");
      await nft("delete table inet one", tables.overlook);
      run(`nft add table inet one; ${renewal}`);
      expect(events).toEqual([]);
      run("nft delete table inet one");
      await until(() => events.length > 0);
      await nft("add table inet one", tables.overlook);
      await nft("delete table inet one", tables.overlook);
      await nft("add table inet one", () => tables.overlook(undefined));
      await nft("delete table inet one", () => tables.overlook(undefined));
      await until(() => events.length > 1);
      expect(events).toEqual([
        { type: "tableDamaged", ...one },
        { type: "tableDamaged", ...one },
      ]);
    });

    test("the ends are not even shown, and those of others are", async () => {
      const ends: number[] = [];
      const take = ({ type, sequence }: NetlinkMessage): void => void ((type & 0xff) === 15 && ends.push(sequence));
      watch = watchNetlink(NETLINK_NETFILTER, [7], take, () => ends.push(0), { filter: worthShowing([process.pid]) });
      const socket = new NetlinkSocket(NETLINK_NETFILTER);
      const change = () => new Batch(socket).addTable(one, false).deleteTable(one).commit();
      expect([change(), change()]).toEqual([{ ok: true }, { ok: true }]);
      run("nft add table inet other; nft delete table inet other");
      await until(() => ends.length === 2);
      expect(change()).toEqual({ ok: true });
      socket.close();
      run("nft add table inet other; nft delete table inet other");
      await until(() => ends.length >= 4);
      expect(ends).toHaveLength(4);
    });
  });

  test.each([
    ["closing", "for (const watch of watches) watch.close();"],
    ["process.exit", "process.exit(0);"],
  ])("a process that watches ends promptly by %s", async (_, last) => {
    const library = JSON.stringify(new URL("../../dist/index.js", import.meta.url).href);
    const script = `import { watchRoutes, watchTables } from ${library};
      const watches = [watchRoutes(() => {}), watchTables([], () => {})];
      process.on("exit", () => console.log("bye"));
      setTimeout(() => { ${last} }, 50);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const start = performance.now();
    expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(0);
    expect(performance.now() - start).toBeLessThan(400);
  });

  test("events that come faster than they are read are an overrun, and the watch goes on", async () => {
    const events: RouteEvent[] = [];
    watch = watchRoutes((event) => events.push(event));
    const lines = Array.from({ length: 6000 }, (_, i) => `addr add 10.${i >> 8}.${i & 255}.1/32 dev v0`);
    // The event loop sleeps meanwhile.
    spawnSync("/sbin/ip", ["-batch", "-"], { input: `${lines.join("\n")}\naddr flush dev v0 to 10.0.0.0/8\n` });
    await until(() => events.some(({ type }) => type === "overrun"));
    run("ip addr add 192.0.2.10/24 dev v0; ip addr del 192.0.2.10/24 dev v0");
    await until(() => events.some((event) => event.type === "addressRemoved" && event.address === "192.0.2.10/24"));
  });
});
