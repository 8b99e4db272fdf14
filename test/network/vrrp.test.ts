import type { Family, StatusReport } from "@vipair/model";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type KeepalivedOptions, KeepalivedRouter } from "../keepalived/router.js";
import { until } from "../topology/clock.js";
import { type LbName, virtualAddress, virtualAddress6 } from "../topology/plan.js";
import { Topology } from "../topology/topology.js";
import { type VrrpOptions, vrrpConfiguration } from "../vipair/configuration.js";
import { newSecret, VipairNode } from "../vipair/node.js";

/** lb1 is a node of vipair, lb2 is keepalived. */
let topology: Topology;
let secret: string;
let keepalived: KeepalivedRouter;
let vipair: VipairNode | undefined;

beforeAll(async () => {
  topology = await Topology.open();
  secret = await newSecret();
  keepalived = new KeepalivedRouter(topology.host("lb2"), topology.directory);
});
afterAll(() => topology?.close());
afterEach(async () => {
  await vipair?.stop();
  vipair = undefined;
  await keepalived.clean();
});

function startVipair(options: VrrpOptions): VipairNode {
  vipair = new VipairNode(topology.host("lb1"), topology.directory, secret, vrrpConfiguration(options));
  vipair.start();
  return vipair;
}

const wait = 15_000;
const isRole = (node: VipairNode, role: StatusReport["role"], reason?: StatusReport["reason"]): Promise<StatusReport> =>
  until(`${node.host.name} is ${role}`, wait, async () => {
    const status = await node.status();
    return status.role === role && (reason === undefined || status.reason === reason) ? status : undefined;
  }).catch((error: Error) => {
    throw new Error(`${error.message}\n${node.lastLines(10)}\nkeepalived:\n${keepalived.log.slice(-1_500)}`);
  });
const isState = (state: "MASTER" | "BACKUP"): Promise<true | undefined> =>
  until(`keepalived is ${state}`, wait, () => keepalived.is(state) || undefined).catch((error: Error) => {
    throw new Error(`${error.message}\n${keepalived.log.slice(-1_500)}`);
  });

const virtual: Readonly<Record<Family, string>> = { 4: virtualAddress, 6: virtualAddress6 };

async function holds(node: LbName, family: Family): Promise<boolean> {
  const addresses = await topology.host(node).check(["ip", "-br", "addr", "show", "dev", "eth0"]);
  return addresses.includes(`${virtual[family]}/`);
}

/** The addresses are where they belong, on one node and only there. */
const owns = (node: LbName, families: readonly Family[]): Promise<true> =>
  until(`${node} alone has the addresses`, wait, async () => {
    const other = node === "lb1" ? "lb2" : "lb1";
    const found = await Promise.all(families.flatMap((family) => [holds(node, family), holds(other, family)]));
    return found.every((held, index) => held === (index % 2 === 0)) || undefined;
  });

const variants: readonly [string, readonly Family[], boolean][] = [
  ["IPv4", [4], false],
  ["IPv6", [6], false],
  ["IPv4 and IPv6 in a sync group", [4, 6], false],
  ["IPv4, unicast", [4], true],
];

describe.each(variants)("with keepalived, %s", (_name, families, unicast) => {
  const theirs = (options: Omit<KeepalivedOptions, "families" | "unicast">): KeepalivedOptions => ({
    families,
    ...options,
    ...(unicast ? { unicast: { own: "192.0.2.2", peer: "192.0.2.1", link: "eth2" } } : {}),
  });
  const ours = (own: number, preempt = false): VrrpOptions => ({ families, priorities: [own, 100], preempt, unicast });

  test("as backup: follows the greater priority, takes over at its death, gives way when it returns", async () => {
    keepalived.start(theirs({ priority: 200 }));
    await isState("MASTER");
    const node = startVipair(ours(150, true));
    await until("keepalived is followed", wait, async () => (await node.status()).peer.role === "active");
    expect(await node.status()).toMatchObject({ role: "backup", peer: { reachable: true, priority: 200 } });
    await owns("lb2", families);

    await keepalived.kill();
    await isRole(node, "active", "silence");
    await keepalived.clean();
    await owns("lb1", families);

    keepalived.start(theirs({ priority: 200 }));
    await isState("MASTER");
    await isRole(node, "backup", "yielded");
    await owns("lb2", families);

    await keepalived.stop();
    await isRole(node, "active", "resignation");
    await owns("lb1", families);
  });

  test("as active: keepalived follows, takes over at our death, and gives way when we return", async () => {
    keepalived.start(theirs({ priority: 50 }));
    await isState("MASTER");
    const node = startVipair(ours(150, true));
    await isRole(node, "active", "preemption");
    await isState("BACKUP");
    await owns("lb1", families);

    node.signalAll("SIGKILL");
    await node.running?.exit;
    await isState("MASTER");

    node.start();
    await isRole(node, "active", "preemption");
    await isState("BACKUP");
    await owns("lb1", families);
    expect(keepalived.log).not.toMatch(/checksum|invalid TTL|mismatch|VIP count/i);
    expect((await node.status()).refused).toEqual({});

    expect(await node.stop()).toBe(0);
    await isState("MASTER");
    expect(keepalived.log).toContain("received priority 0 advertisement");
    await owns("lb2", families);
  });
});

describe.each([
  ["IPv4", 4, "00:00:5e:00:01:33"],
  ["IPv6", 6, "00:00:5e:00:02:33"],
] as const)("with keepalived's use_vmac, %s", (_name, family, mac) => {
  const families = [family];
  const client = () => topology.host("client");

  /** The client reaches the address, at the link-layer address that it has had all the time. */
  async function isSteady(owner: LbName): Promise<void> {
    await until(`the client reaches the address on ${owner}`, wait, async () => {
      const { code } = await client().run(["ping", "-c", "1", "-W", "1", virtual[family]]);
      return code === 0 && (await hasDevice(owner));
    });
    expect(await client().check(["ip", "neigh", "show", "to", virtual[family]])).toContain(`lladdr ${mac}`);
  }
  /** The address is on a device with the link-layer address of the virtual router. */
  async function hasDevice(owner: LbName): Promise<boolean> {
    const links = await topology.host(owner).check(["ip", "-o", "addr", "show", "to", virtual[family], "up"]);
    const name = /^\d+: (\S+)/.exec(links)?.[1];
    if (name === undefined) return false;
    return (await topology.host(owner).check(["ip", "link", "show", "dev", name])).includes(mac);
  }

  test("the address moves to and fro, and its link-layer address never changes", async () => {
    // keepalived leaves it to the operator that the interface below asks nobody in the name of the address.
    await topology.host("lb2").check(["sysctl", "-qw", "net.ipv4.conf.eth0.arp_announce=2"]);
    await client().run(["ip", "neigh", "flush", "to", virtual[family]]);
    keepalived.start({ families, priority: 200, virtualMac: true });
    await isState("MASTER");
    await isSteady("lb2");
    const node = startVipair({ families, priorities: [150, 100], preempt: true, virtualMac: true });
    await until("keepalived is followed", wait, async () => (await node.status()).peer.role === "active");
    await isSteady("lb2");

    await keepalived.stop();
    await isRole(node, "active", "resignation");
    await isSteady("lb1");
    const { stdout } = await node.cli("status");
    expect(stdout).toContain(`${virtual[family]}/${family === 4 ? 24 : 64} on eth0 (vipair${family}.51, ${mac}), held`);

    keepalived.start({ families, priority: 200, virtualMac: true });
    await isState("MASTER");
    await isRole(node, "backup", "yielded");
    await isSteady("lb2");
    expect(await hasDevice("lb1")).toBe(false);

    await keepalived.stop();
    await isRole(node, "active", "resignation");
    keepalived.start({ families, priority: 50, virtualMac: true });
    await isState("BACKUP");
    await isSteady("lb1");
    node.signalAll("SIGKILL");
    await node.running?.exit;
    await isState("MASTER");
    await isSteady("lb2");
    expect(keepalived.log).not.toMatch(/checksum|invalid TTL|mismatch|VIP count/i);

    node.start();
    await isRole(node, "active", "preemption");
    await isSteady("lb1");
    expect(await node.stop()).toBe(0);
    await isState("MASTER");
    await isSteady("lb2");
    expect(await topology.host("lb1").check(["ip", "link"])).not.toContain("vipair");
  });
});

describe("with keepalived", () => {
  const families = [4] as const;

  test("without preemption whoever serves keeps serving", async () => {
    keepalived.start({ families, priority: 50 });
    await isState("MASTER");
    const node = startVipair({ families, priorities: [150, 100] });
    await isRole(node, "backup");
    // Longer than any takeover takes: heard, and followed in spite of its lower priority.
    await until("keepalived is followed for 10 intervals", wait, async () => {
      const { since, role, peer } = await node.status();
      expect(role).toBe("backup");
      return peer.role === "active" && Date.now() - Date.parse(since) > 2_000;
    });
    expect(keepalived.is("MASTER")).toBe(true);
  });

  test("learns the interval of the active router", async () => {
    keepalived.start({ families, priority: 200, interval: 1 });
    await isState("MASTER");
    const node = startVipair({ families, priorities: [150, 100] });
    await until("an advertisement was heard", wait, async () => (await node.status()).peer.role === "active");
    const since = (await node.events()).length;
    await until("five of its intervals have passed", wait, async () => {
      const { since: from } = await node.status();
      return Date.now() - Date.parse(from) > 6_000;
    });
    const changes = (await node.events()).slice(since).filter(({ kind }) => kind === "roleChanged");
    expect(changes).toEqual([]);
    const told = (await node.events()).map(({ message }) => message).join("\n");
    expect(told).toContain("advertises every 1000 ms, this node is configured for 100 ms");
  });

  test("a failover needs --force, hands over by priority 0, and says what it does not carry", async () => {
    keepalived.start({ families, priority: 50, preempt: false });
    await isState("MASTER");
    const node = startVipair({ families, priorities: [150, 100], preempt: true });
    await isRole(node, "active");
    await isState("BACKUP");

    const refused = await node.cli("failover");
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("there is no peer link to lb2") });
    const explained = await node.cli("failover", "--explain");
    expect(explained.stdout).toContain("connections over: there is no peer link to lb2");
    expect((await node.cli("status")).stdout).toContain("lb2 - silent, as a backup of VRRP is");

    const forced = await node.cli("failover", "--force");
    expect(forced).toMatchObject({ code: 0, stdout: expect.stringContaining("lb2 is active: ownership passed in") });
    await isState("MASTER");
    expect(keepalived.log).toContain("received priority 0 advertisement");
    await isRole(node, "backup", "handover");
    await owns("lb2", families);

    const asked = await node.cli("failover");
    expect(asked.stderr).toContain("lb2 is active, and without a peer link it can not be asked to hand over");
  });

  test("a lost interface gives up ownership by priority 0 on the other one", async () => {
    keepalived.start({ families, priority: 50 });
    const node = startVipair({ families, priorities: [150, 100], preempt: true });
    await isRole(node, "active");
    await isState("BACKUP");
    await topology.cutLink("lb1", "eth1");
    try {
      await isRole(node, "backup", "interfaceDown");
      await isState("MASTER");
      expect(keepalived.log).toContain("received priority 0 advertisement");
    } finally {
      await topology.restoreLink("lb1", "eth1");
    }
    await isRole(node, "active", "preemption");
  });

  test("maintenance gives up ownership and does not take it back", async () => {
    keepalived.start({ families, priority: 50 });
    const node = startVipair({ families, priorities: [150, 100], preempt: true });
    await isRole(node, "active");
    await isState("BACKUP");
    expect(await node.cli("maintenance", "on", "--force")).toMatchObject({ code: 0 });
    await isState("MASTER");
    await keepalived.stop();
    expect((await node.status()).role).toBe("backup");
    expect(await node.cli("maintenance", "off")).toMatchObject({ code: 0 });
    await isRole(node, "active");
  });
});
