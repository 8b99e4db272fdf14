import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { millisOf } from "@vipair/model";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { addAddresses } from "./address/addresses.js";
import { because, enterNamespace, obstacle, run, until } from "./laboratory/namespace.js";
import { type Neighbour, openNeighbour, virtualAddress } from "./laboratory/two-hosts.js";
import { NETLINK_ROUTE, NetlinkSocket } from "./netlink/socket.js";
import { type KernelOwnership, openOwnership } from "./ownership.js";

const four = "192.0.2.10";
const six = "2001:db8::10";
const addresses = [virtualAddress(`${four}/24`), virtualAddress(`${six}/64`)];
const ok = { ok: true };
const ttl = millisOf(600);
const validFor = millisOf(60_000);

describe.skipIf(obstacle !== undefined)(`ownership in the kernel${because}`, () => {
  let neighbour: Neighbour;
  let ownership: KernelOwnership;

  beforeAll(async () => {
    enterNamespace();
    neighbour = await openNeighbour();
  });
  afterAll(() => neighbour?.close());
  beforeEach(() => {
    ownership = openOwnership({ addresses });
  });
  afterEach(() => ownership.close());

  test.each([four, six])("without a lease nothing is answered for %s and no traffic to it passes", async (address) => {
    expect(ownership.open()).toEqual(ok);
    expect(ownership.addAddresses(validFor)).toEqual(ok);
    expect(await neighbour.resolves(address)).toBe(false);
    expect(await neighbour.reaches(address)).toBe(false);
    expect(ownership.renewLease(ttl)).toEqual(ok);
    expect(await neighbour.resolves(address)).toBe(true);
    expect(await neighbour.reaches(address)).toBe(true);
  });

  test.each([four, six])("after the time to live %s is silent though still configured", async (address) => {
    ownership.open();
    ownership.addAddresses(validFor);
    ownership.renewLease(ttl);
    expect(await neighbour.resolves(address)).toBe(true);
    const start = performance.now();
    while (await neighbour.resolves(address, 10)) expect(performance.now() - start).toBeLessThan(3000);
    expect(performance.now() - start).toBeGreaterThan(450);
    expect(await neighbour.reaches(address)).toBe(false);
    expect(ownership.heldAddresses()).toContain(`${address}/${address === four ? 24 : 64}`);
  });

  test.each([four, six])("a dropped lease lets only traffic to %s linger", async (address) => {
    ownership.open();
    ownership.addAddresses(validFor);
    ownership.renewLease(millisOf(10_000));
    expect(ownership.dropLease(millisOf(1500))).toEqual(ok);
    expect(await neighbour.resolves(address)).toBe(false);
    expect(await neighbour.reaches(address)).toBe(true);
    const start = performance.now();
    while (await neighbour.reaches(address, 20)) expect(performance.now() - start).toBeLessThan(4000);
    ownership.renewLease(millisOf(10_000));
    expect(await neighbour.reaches(address)).toBe(true);
    expect(ownership.dropLease(millisOf(0))).toEqual(ok);
    expect(await neighbour.reaches(address)).toBe(false);
  });

  test("the neighbour's other traffic passes all the time", async () => {
    ownership.open();
    expect(await neighbour.resolves("192.0.2.1")).toBe(true);
    expect(await neighbour.resolves("2001:db8::1")).toBe(true);
    expect(await neighbour.reaches("192.0.2.1")).toBe(true);
    expect(await neighbour.reaches("2001:db8::1")).toBe(true);
  });

  test("the bit by which the lease lets packets pass is cleared behind the fence", async () => {
    ownership.open();
    ownership.addAddresses(validFor);
    ownership.renewLease(millisOf(10_000));
    run(
      "nft 'table inet probe { chain c { type filter hook input priority 0; udp dport 9000 meta mark 0 counter accept; }; }'",
    );
    expect(await neighbour.reaches(four)).toBe(true);
    expect(run("nft list table inet probe")).toMatch(/counter packets [1-9]/);
    run("nft delete table inet probe");
  });

  test("somebody else's flush of the whole ruleset leaves the lease, and the fence comes back", async () => {
    ownership.open();
    ownership.addAddresses(validFor);
    ownership.renewLease(millisOf(10_000));
    run("nft flush ruleset");
    expect(run("nft list tables")).toContain("vipair_lease");
    expect(ownership.restoreFence()).toEqual(ok);
    expect(await neighbour.resolves(four)).toBe(true);
    ownership.dropLease(millisOf(0));
    expect(await neighbour.resolves(four)).toBe(false);
  });

  test("a second owner in the same namespace is refused and changes nothing", async () => {
    ownership.open();
    ownership.addAddresses(validFor);
    ownership.renewLease(millisOf(10_000));
    const second = openOwnership({ addresses: [virtualAddress("192.0.2.99/24")] });
    expect(second.open()).toMatchObject({ ok: false, error: expect.stringContaining("EPERM") });
    second.close();
    expect(await neighbour.resolves(four)).toBe(true);
    expect(ownership.heldAddresses()).toEqual([`${four}/24`, `${six}/64`]);
  });

  test("opening removes what an earlier run left behind", () => {
    run(`ip addr add ${four}/24 dev v0; ip -6 addr add 2001:db8::77/64 dev v0 nodad; nft add table inet vipair_fence`);
    ownership.open();
    expect(ownership.heldAddresses()).toEqual([]);
    expect(run("ip addr show dev v0")).toContain("2001:db8::77");
    run("ip addr del 2001:db8::77/64 dev v0");
  });

  test("opening removes addresses of ours that are no longer configured", () => {
    const socket = new NetlinkSocket(NETLINK_ROUTE);
    expect(
      addAddresses(socket, [virtualAddress("192.0.2.66/24"), virtualAddress("2001:db8::66/64")], validFor),
    ).toEqual(ok);
    socket.close();
    expect(run("ip addr show dev v0")).toContain("192.0.2.66");
    ownership.open();
    expect(run("ip addr show dev v0")).not.toMatch(/192\.0\.2\.66|2001:db8::66/);
  });

  test("everything of ours is gone after close", () => {
    const before = run("ip addr show dev v0");
    ownership.open();
    ownership.addAddresses(validFor);
    ownership.renewLease(ttl);
    ownership.close();
    expect(run("nft list ruleset")).toBe("");
    expect(run("ip addr show dev v0")).toBe(before);
  });

  test("IPv6 addresses are deprecated, have no duplicate address detection, and both families expire", async () => {
    ownership.open();
    expect(ownership.addAddresses(millisOf(1000))).toEqual(ok);
    const shown = run("ip addr show dev v0");
    expect(shown).toMatch(/192\.0\.2\.10\/24 scope global secondary/);
    expect(shown).toMatch(/2001:db8::10\/64 scope global nodad deprecated/);
    expect(ownership.heldAddresses()).toEqual([`${four}/24`, `${six}/64`]);
    await until(() => ownership.heldAddresses().length === 0, 6000);
  });

  test("adding again lengthens the life", () => {
    ownership.open();
    ownership.addAddresses(millisOf(5_000));
    ownership.addAddresses(millisOf(3_600_000));
    expect(run("ip addr show dev v0").match(/valid_lft 3[56]\d\dsec/g)).toHaveLength(2);
  });

  test("a missing interface is refused by name; the other addresses are added", () => {
    const mixed = openOwnership({
      addresses: [virtualAddress("192.0.2.11/24", "nowhere"), virtualAddress("192.0.2.12/24")],
    });
    mixed.open();
    const enodev = { ok: false, error: expect.stringMatching(/192\.0\.2\.11\/24: interface nowhere: ENODEV/) };
    expect(mixed.addAddresses(validFor)).toEqual(enodev);
    expect(mixed.announceAddresses()).toEqual(enodev);
    expect(mixed.heldAddresses()).toEqual(["192.0.2.12/24"]);
    expect(mixed.removeAddresses()).toEqual(ok);
    mixed.close();
  });

  test("removing what is not there is fine, and before open everything is refused", () => {
    expect(ownership.renewLease(ttl)).toMatchObject({ ok: false });
    expect(ownership.heldAddresses()).toEqual([]);
    ownership.open();
    expect(ownership.removeAddresses()).toEqual(ok);
  });

  test("announcements move the neighbour's entries and come in both ARP forms", async () => {
    ownership.open();
    neighbour.host.run(
      `sh -c 'ip neigh replace ${four} lladdr 02:00:00:00:00:01 dev v1 nud stale; ip neigh replace ${six} lladdr 02:00:00:00:00:01 dev v1 nud stale'`,
    );
    neighbour.frames();
    expect(ownership.announceAddresses()).toEqual(ok);
    const arp = neighbour.frames().filter((frame) => frame.readUInt16BE(12) === 0x0806);
    expect(arp.map((frame) => frame[21])).toEqual([1, 2]);
    const mac = neighbour.mac.toString("hex").replace(/..(?=.)/g, "$&:");
    await until(
      () => (neighbour.host.run("ip neigh show dev v1").match(new RegExp(`10 lladdr ${mac}`, "g")) ?? []).length === 2,
    );
  });

  test("a killed holder is silent at once, before its connections are seen to close", async () => {
    const script = new URL("../dist/index.js", import.meta.url);
    expect(existsSync(script), "build packages/kernel first").toBe(true);
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    const lifeline = new Promise<import("node:net").Socket>((resolve) => server.once("connection", resolve));
    const holder = spawn(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `import { connect } from "node:net"; import { openOwnership } from ${JSON.stringify(script.href)};
       const o = openOwnership({ addresses: ${JSON.stringify(addresses)} });
       for (const outcome of [o.open(), o.renewLease(60000), o.addAddresses(60000)]) if (!outcome.ok) throw new Error(outcome.error);
       connect(${port}, "127.0.0.1", function () { this.write("ready"); });`,
      ],
      { stdio: ["ignore", "inherit", "inherit"] },
    );
    const line = await lifeline;
    await new Promise((resolve) => line.once("data", resolve));
    expect(await neighbour.resolves(four)).toBe(true);
    const closed = new Promise((resolve) => line.once("close", resolve));
    line.on("error", () => {});
    holder.kill("SIGKILL");
    await closed;
    expect(run("nft list tables")).not.toContain("vipair_lease");
    expect(await neighbour.resolves(four)).toBe(false);
    expect(await neighbour.resolves(six)).toBe(false);
    expect(await neighbour.reaches(four)).toBe(false);
    expect(run("ip addr show dev v0")).toContain(four);
    server.close();
    expect(ownership.open()).toEqual(ok);
    expect(run("ip addr show dev v0")).not.toContain(four);
  });
});
