import { spawn } from "node:child_process";
import { type Flow, flowMark, flowMarkMask, instantOf, tcpStates } from "@vipair/model";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { countLinks } from "../bpf/ingress.js";
import { bootClock } from "../clock/boot-clock.js";
import { type Conntrack, openConntrack } from "../conntrack/conntrack.js";
import { because, obstacle, run, until } from "../laboratory/namespace.js";
import { interfaceIndex } from "../link/link.js";
import { type FastPath, openFastPath, removeFastPath } from "./fast-path.js";
import { clientProgram, type Hosts, openHosts, openLeased, type Program, start } from "./hosts.fixture.js";
import type { LeaseEnd } from "./lease-end.js";

const ours = { mark: flowMark, mask: flowMarkMask };
const timeWait = 7;
const closed = 8;

describe.skipIf(obstacle !== undefined)(`the fast path${because}`, () => {
  let hosts: Hosts;
  let client: Program;
  let clientPort: number;
  let conntrack: Conntrack;
  let fastPath: FastPath;
  let lease: LeaseEnd;

  beforeAll(async () => {
    hosts = await openHosts();
  });
  afterAll(() => hosts?.close());
  beforeEach(() => {
    conntrack = openConntrack();
    ({ fastPath, lease } = openLeased(["c0", "s0"]));
    client = start(hosts.clients, clientProgram);
  });
  afterEach(() => {
    client.close();
    fastPath.close();
    conntrack.close();
  });

  /** The connection that was opened last; those before it may still be closing. */
  const flow = (): Flow => {
    const found = conntrack.dump(ours).find(({ original }) => original.sourcePort === clientPort);
    if (found === undefined) throw new Error(`there is no connection from port ${clientPort}`);
    return found;
  };
  const state = (): number | undefined => flow().tcp?.state;
  /** Packets of the connection that conntrack and the rules have seen since it was opened. */
  const ordinary = (): number => Number(/packets (\d+)/.exec(run("nft list counter inet test ordinary"))?.[1]);
  /** How many packets took the ordinary way while the connection sent, and was answered. */
  const ordinaryWhile = async (line: string): Promise<number> => {
    const before = ordinary();
    expect(await client.ask(line)).toBe("sent");
    return ordinary() - before;
  };
  const open = async (kind: "tcp" | "udp", host: string, port: number): Promise<void> => {
    clientPort = Number(await client.ask(`open ${kind} ${host} ${port}`));
    expect(await client.ask("send 3 100")).toBe("sent");
    const ports = new Set([clientPort, flow().reply.destinationPort]);
    run(`nft 'flush set inet test ports; add element inet test ports { ${[...ports].join(", ")} }'`);
  };

  const kinds = (["198.51.100.10", "2001:db8::10"] as const).flatMap((host) =>
    (["tcp", "udp"] as const).flatMap((kind) => [80, 81].map((port) => [kind, host, port] as const)),
  );

  test.each(kinds)("carries %s to %s port %i, both ways and unharmed, past conntrack", async (kind, host, port) => {
    for (const offload of ["on", "off"]) {
      hosts.clients.run(`ethtool -K c0p tx ${offload}`);
      hosts.servers.run(`ethtool -K s0p tx ${offload}`);
      await open(kind, host, port);
      expect(fastPath.add(flow(), "both")).toEqual({ ok: true });
      expect(await ordinaryWhile("send 20 1000")).toBe(0);
      if (kind === "tcp") expect(await ordinaryWhile("send 1 3000000")).toBe(0);
      expect(bootClock() - (fastPath.lastSeen(flow()) ?? 0)).toBeLessThan(5_000);
      fastPath.remove(flow());
      expect(fastPath.lastSeen(flow())).toBeUndefined();
      expect(await ordinaryWhile("send 5 10")).toBeGreaterThan(9);
      client.close();
      client = start(hosts.clients, clientProgram);
    }
  });

  test("carries one direction alone", async () => {
    await open("udp", "198.51.100.10", 80);
    fastPath.add(flow(), "original");
    const [before] = [ordinary()];
    expect(await client.ask("send 10 100")).toBe("sent");
    expect(ordinary() - before).toBe(10);
  });

  test("is closed without a lease, and by its end, whoever is there to say so", async () => {
    await open("tcp", "198.51.100.10", 80);
    fastPath.add(flow(), "both");
    expect(await ordinaryWhile("send 5 100")).toBe(0);
    lease.set(0);
    expect(await ordinaryWhile("send 5 100")).toBeGreaterThan(9);
    lease.set(instantOf(bootClock() + 400));
    expect(await ordinaryWhile("send 2 100")).toBe(0);
    const end = bootClock() + 400;
    await until(() => bootClock() > end);
    expect(await ordinaryWhile("send 5 100")).toBeGreaterThan(9);
  });

  test("lets conntrack see how a connection ends", async () => {
    await open("tcp", "198.51.100.10", 80);
    fastPath.add(flow(), "both");
    await client.ask("send 50 1000");
    expect(state()).toBe(tcpStates.established);
    client.say("end");
    expect(await client.next()).toBe("closed");
    await until(() => state() === timeWait);
    expect(fastPath.lastSeen(flow())).toBeUndefined();
  });

  test("lets conntrack see a reset, for which it remembers no older acknowledgement", async () => {
    await open("tcp", "198.51.100.10", 80);
    fastPath.add(flow(), "both");
    expect(conntrack.refresh(flow(), 1_000)).toBe(true);
    await client.ask("send 50 1000");
    client.say("reset");
    expect(await client.next()).toBe("closed");
    await until(() => state() === closed);
  });

  test("finds who is busy, and says it once", async () => {
    await open("udp", "198.51.100.10", 80);
    expect(fastPath.takeBusy()).toBeUndefined();
    const found: string[] = [];
    for (let round = 0; round < 100 && found.length < 2; round++) {
      await client.ask("send 50 10");
      for (let busy = fastPath.takeBusy(); busy !== undefined; busy = fastPath.takeBusy()) {
        found.push(busy.tuple.source.text);
        expect(conntrack.find(busy.protocol, busy.tuple)).toMatchObject({
          original: flow().original,
          mark: flow().mark,
        });
      }
    }
    expect(found.sort()).toEqual(["10.77.2.11", "198.51.100.1"]);
    await client.ask("send 300 10");
    expect(fastPath.takeBusy()).toBeUndefined();
  });

  test("leaves what does not fit to those who can say so", async () => {
    run("ip link set s0 mtu 1400");
    await open("udp", "198.51.100.10", 80);
    fastPath.add(flow(), "both");
    expect(await ordinaryWhile("send 5 1000")).toBe(0);
    const before = ordinary();
    expect(await client.ask("whisper 1450")).toBe("whispered");
    await until(() => ordinary() > before);
    run("ip link set s0 mtu 1500");
  });

  test("a connection that conntrack does not know is found by nobody, and not refreshed", async () => {
    await open("udp", "198.51.100.10", 80);
    const gone = flow();
    run("conntrack -F 2>/dev/null");
    expect(conntrack.find(gone.protocol, gone.reply)).toBeUndefined();
    expect(conntrack.refresh(gone, 100)).toBe(false);
  });

  test("a refreshed connection lasts so long", async () => {
    await open("udp", "198.51.100.10", 80);
    expect(conntrack.refresh(flow(), 1_000)).toBe(true);
    expect(flow().timeout).toBeGreaterThan(990);
  });

  test("takes the place of a filter that was left behind, and leaves none", () => {
    const filters = (): string => run("tc filter show dev c0 ingress");
    const one = openFastPath(["c0", "s0"], { ingress: "filter" });
    const another = openFastPath(["c0", "s0"], { ingress: "filter" });
    expect(filters().match(/handle 0x1 vipair/g)).toHaveLength(1);
    removeFastPath(["c0", "s0", "nowhere"]);
    expect(filters()).toBe("");
    one.close();
    another.close();
  });

  test("carries by a filter what it carries by a link", async () => {
    fastPath.close();
    ({ fastPath } = openLeased(["c0", "s0"], { ingress: "filter" }));
    await open("tcp", "198.51.100.10", 80);
    fastPath.add(flow(), "both");
    expect(await ordinaryWhile("send 20 1000")).toBe(0);
  });

  test("a link goes with the process that made it, when that is killed", async () => {
    fastPath.close();
    const links = (): number => countLinks(interfaceIndex("c0"));
    await until(() => links() === 0);
    const module = new URL("../../dist/index.js", import.meta.url);
    const script = `const { openFastPath } = await import("${module}"); openFastPath(["c0"]); console.log("ready"); setInterval(() => {}, 1000)`;
    const holder = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await until(() => links() === 1);
    holder.kill("SIGKILL");
    await until(() => links() === 0);
    fastPath = openFastPath(["c0", "s0"]);
    expect(links()).toBe(1);
  });

  test("is refused without its interface", () => {
    expect(() => openFastPath(["nowhere"])).toThrow("interface nowhere: ENODEV");
  });
});
