import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStage, type Stage } from "../stage/stage.js";
import { pause, until } from "../topology/clock.js";
import { type LbName, otherLb, virtualAddress } from "../topology/plan.js";
import { Meter } from "../traffic/meter.js";
import { vipairConfiguration } from "../vipair/configuration.js";
import { VipairPair } from "../vipair/pair.js";

/** The kernel carries busy connections without asking anybody: it must stop when nobody is there to be asked. */
let stage: Stage<VipairPair>;
let meter: Meter;

const carried = async (node: LbName): Promise<number> =>
  (await stage.pair.nodes[node].status()).fastPath?.connections ?? 0;

/** What the unit of systemd grants: `CAP_NET_ADMIN`, … */
function grantedCapabilities(): readonly string[] {
  const unit = readFileSync(new URL("../../deploy/systemd/vipaird.service", import.meta.url), "utf8");
  return /^CapabilityBoundingSet=(.+)$/m.exec(unit)?.[1]?.split(" ") ?? [];
}

/** Runs what follows with these capabilities alone, as the unit does. */
const confinedTo = (capabilities: readonly string[]): readonly string[] => {
  const bounds = ["-all", ...capabilities.map((name) => name.toLowerCase().replace("cap_", "+"))];
  return ["setpriv", "--bounding-set", bounds.join(","), "--no-new-privs", "--"];
};

/** How many programs see what comes in on the node's eth0. */
async function attachedTo(node: LbName): Promise<number> {
  const module = import.meta.resolve("@vipair/kernel");
  const script = `const { countLinks, interfaceIndex } = await import("${module}"); console.log(countLinks(interfaceIndex("eth0")))`;
  return Number(await stage.topology.host(node).check([process.execPath, "--input-type=module", "-e", script]));
}

/** Frames that the node has sent to the servers so far. */
const sentToServers = async (node: LbName): Promise<number> =>
  Number(await stage.topology.host(node).check(["cat", "/sys/class/net/eth1/statistics/tx_packets"]));

describe.each([true, "all"] as const)("fastPath: %s", (fastPath) => {
  beforeAll(async () => {
    const configuration = (secret: string): string => vipairConfiguration(secret, { fastPath });
    stage = await openStage((topology) => VipairPair.start(topology, configuration));
    meter = new Meter(stage.topology.host("client"), virtualAddress);
  });
  afterAll(async () => {
    await meter?.end();
    await stage?.topology.close();
  });

  test("a busy flow is carried by the active node alone, and status says so", async () => {
    const { pair } = stage;
    const active = await pair.settled();
    await until("the flow is carried", 10_000, async () => (await carried(active)) > 0);
    expect(await carried(otherLb(active))).toBe(0);
    const { stdout } = await pair.nodes[active].cli("status");
    expect(stdout).toMatch(new RegExp(`^fast path  ✔ ${active} carries [1-9]\\d* busy connections`, "m"));
  });

  test("a hung node carries nothing once its lease has ended, even if a neighbour never learns that it has", async () => {
    const { pair, topology } = stage;
    const hung = await pair.settled();
    const client = topology.host("client");
    await until("the flow is carried", 10_000, async () => (await carried(hung)) > 0);
    const mac = await topology.host(hung).mac("eth0");
    await client.check(["ip", "neigh", "replace", virtualAddress, "lladdr", mac, "dev", "eth0", "nud", "permanent"]);
    try {
      const before = await sentToServers(hung);
      await until("the flow passes there", 5_000, async () => (await sentToServers(hung)) > before + 100);
      pair.signal(hung, "SIGSTOP");
      await until(`${otherLb(hung)} serves`, 10_000, () => pair.isActive(otherLb(hung)));
      // The peer took over when the lease had ended for certain.
      const ended = await sentToServers(hung);
      await pause(1_000);
      // A thousand were sent there; the kernel may say something of its own.
      expect((await sentToServers(hung)) - ended).toBeLessThan(100);
    } finally {
      pair.signal(hung, "SIGCONT");
      await client.check(["ip", "neigh", "del", virtualAddress, "dev", "eth0"]);
    }
    expect(await pair.settled()).toBe(otherLb(hung));
    await until("it is carried by the other node", 10_000, async () => (await carried(otherLb(hung))) > 0);
  });

  test("the way is closed with the daemon, and nothing is left attached", async () => {
    const { pair } = stage;
    const active = await pair.settled();
    expect(await attachedTo(active)).toBe(1);
    await pair.nodes[active].stop();
    expect(await attachedTo(active)).toBe(0);
    pair.nodes[active].start();
  });

  test("the way is closed with the daemon, also when everything of a node is killed", async () => {
    const { pair } = stage;
    const active = await pair.settled();
    pair.signal(active, "SIGKILL");
    await until("nothing is attached", 5_000, async () => (await attachedTo(active)) === 0);
    await pair.restart(active);
    await pair.settled();
  });

  test("what the unit grants is enough for it; without CAP_BPF a node serves, and says why it has none", async () => {
    const { pair } = stage;
    const node = pair.nodes[otherLb(await pair.settled())];
    const granted = grantedCapabilities();
    expect(granted).toContain("CAP_BPF");
    const startWith = async (capabilities: readonly string[]) => {
      await node.stop();
      node.prefix = confinedTo(capabilities);
      node.start();
      await pair.settled();
      const [{ fastPath }, events] = await Promise.all([node.status(), node.events()]);
      return { open: fastPath?.open, refusals: events.filter(({ kind }) => kind === "refused") };
    };
    expect(await startWith(granted)).toEqual({ open: true, refusals: [] });
    const without = await startWith(granted.filter((name) => name !== "CAP_BPF"));
    expect(without).toMatchObject({ open: false, refusals: [{ message: expect.stringContaining("EPERM") }] });
  });
});
