import { addressBytes, millisOf, type VirtualDevice } from "@vipair/model";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { because, enterNamespace, obstacle, run, until } from "../laboratory/namespace.js";
import { type Neighbour, openNeighbour, virtualAddress } from "../laboratory/two-hosts.js";
import { type KernelOwnership, openOwnership } from "../ownership.js";

const [four, six] = ["192.0.2.10", "2001:db8::10"];
const devices: readonly VirtualDevice[] = [
  { name: "vipair4.51", parent: "v0", mac: "00:00:5e:00:01:33" },
  { name: "vipair6.51", parent: "v0", mac: "00:00:5e:00:02:33" },
];
const addresses = [virtualAddress(`${four}/24`, "vipair4.51"), virtualAddress(`${six}/64`, "vipair6.51")];
const ok = { ok: true };
const ttl = millisOf(60_000);

describe.skipIf(obstacle !== undefined)(`devices of virtual routers${because}`, () => {
  let neighbour: Neighbour;
  let ownership: KernelOwnership;

  beforeAll(async () => {
    enterNamespace();
    neighbour = await openNeighbour();
    // What the daemon sets, and what many distributions do.
    run("sysctl -qw net.ipv4.conf.v0.arp_ignore=1 net.ipv4.conf.v0.arp_announce=2 net.ipv4.conf.all.rp_filter=1");
  });
  afterAll(() => neighbour?.close());
  beforeEach(() => {
    ownership = openOwnership({ addresses, devices });
  });
  afterEach(() => ownership.close());

  const link = (name: string): string => run(`ip -d link show dev ${name}`);
  const count = (): number => (run("ip -br link show").match(/vipair/g) ?? []).length;

  /** Which link-layer addresses the neighbour gets as answers when it asks anew, in a second. */
  async function answers(address: string): Promise<string[]> {
    neighbour.host.run(`ip neigh flush dev v1`);
    neighbour.frames();
    const [tool, family] = address.includes(":") ? ["ping -6", 6] : ["ping", 4];
    neighbour.host.run(`sh -c '${tool} -c 1 -W 1 ${address} || true'`);
    const bytes = addressBytes(virtualAddress(`${address}/24`).prefix.address);
    const macs = neighbour.frames().flatMap((frame) => {
      const isArp = family === 4 && frame.readUInt16BE(12) === 0x0806 && frame[21] === 2;
      const isAdvertisement = family === 6 && frame.readUInt16BE(12) === 0x86dd && frame[54] === 136;
      const isOf = isArp ? frame.subarray(28, 32) : frame.subarray(62, 78);
      return (isArp || isAdvertisement) && isOf.equals(bytes) ? [frame.subarray(6, 12).toString("hex")] : [];
    });
    return [...new Set(macs)];
  }

  test("are down until the addresses come, and down again without them", () => {
    expect(ownership.open()).toEqual(ok);
    for (const { name, mac } of devices) {
      expect(link(name)).toContain(`link/ether ${mac}`);
      expect(link(name)).toContain("macvlan mode bridge");
      expect(link(name)).not.toMatch(/[<,]UP[,>]/);
    }
    expect(ownership.addAddresses(ttl)).toEqual(ok);
    for (const { name } of devices) expect(link(name)).toMatch(/[<,]UP[,>]/);
    expect(ownership.heldAddresses()).toEqual([`${four}/24`, `${six}/64`]);
    // RFC 9568 § 7.4: nothing is derived from the virtual link-layer address.
    expect(run("ip -6 addr show dev vipair6.51")).not.toContain("fe80");
    expect(ownership.removeAddresses()).toEqual(ok);
    for (const { name } of devices) expect(link(name)).not.toMatch(/[<,]UP[,>]/);
    expect(ownership.heldAddresses()).toEqual([]);
    ownership.close();
    expect(count()).toBe(0);
  });

  test.each([
    [four, "00005e000133"],
    [six, "00005e000233"],
  ])("answer for %s with the link-layer address of the virtual router, and only they do", async (address, mac) => {
    ownership.open();
    ownership.addAddresses(ttl);
    expect(await answers(address)).toEqual([]);
    ownership.renewLease(ttl);
    expect(await answers(address)).toEqual([mac]);
    expect(await answers(address === four ? "192.0.2.1" : "2001:db8::1")).toEqual([neighbour.mac.toString("hex")]);
    neighbour.host.run(`ping ${address === four ? "" : "-6"} -c 1 -W 2 ${address}`);
    ownership.dropLease(millisOf(0));
    expect(await answers(address)).toEqual([]);
  });

  test("take nothing without a lease, whatever its destination (RFC 9568 § 6.4.2)", () => {
    const elsewhere = "192.0.2.77";
    run(`ip addr add ${elsewhere}/32 dev lo`);
    neighbour.host.run(`ip neigh replace ${elsewhere} lladdr 00:00:5e:00:01:33 dev v1 nud permanent`);
    const ping = (): string => neighbour.host.run(`sh -c 'ping -c 1 -W 1 ${elsewhere} || true'`);
    ownership.open();
    ownership.addAddresses(ttl);
    expect(ping()).toContain(" 0 received");
    ownership.renewLease(ttl);
    expect(ping()).toContain(" 1 received");
    ownership.dropLease(millisOf(0));
    expect(ping()).toContain(" 0 received");
    run(`ip addr del ${elsewhere}/32 dev lo`);
  });

  test("announce from it", async () => {
    ownership.open();
    ownership.addAddresses(ttl);
    neighbour.frames();
    expect(ownership.announceAddresses()).toEqual(ok);
    const seen: string[] = [];
    await until(() => {
      seen.push(...neighbour.frames().map((frame) => frame.subarray(6, 12).toString("hex")));
      return seen.includes("00005e000133") && seen.includes("00005e000233");
    });
  });

  test("left behind by a run that was killed, are made anew", () => {
    run("ip link add vipair4.9 link v0 type macvlan && ip link set vipair4.9 alias vipair");
    run("ip link add other link v0 type macvlan");
    expect(ownership.open()).toEqual(ok);
    expect(run("ip -br link show")).not.toContain("vipair4.9");
    expect(run("ip -br link show")).toContain("other");
    run("ip link del other");
  });

  test("come back when somebody removes one, and do not take another's name", () => {
    ownership.open();
    ownership.addAddresses(ttl);
    run("ip link del vipair4.51");
    expect(ownership.heldAddresses()).toEqual([`${six}/64`]);
    expect(ownership.addAddresses(ttl)).toEqual(ok);
    expect(ownership.heldAddresses()).toEqual([`${four}/24`, `${six}/64`]);
    ownership.close();
    run("ip link add vipair4.51 type veth peer name vipair-peer");
    ownership = openOwnership({ addresses, devices });
    expect(ownership.open()).toMatchObject({ ok: false, error: expect.stringContaining("make vipair4.51: EEXIST") });
    run("ip link del vipair4.51");
  });
});
