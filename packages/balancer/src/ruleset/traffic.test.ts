import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { millisOf, type Service } from "@vipair/model";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { BalanceRun, dns, endpoint, http, owa, server } from "../example.js";
import { renderEdits } from "./edits.js";
import { clientMap, passedOnCounter, resetCounter, unkeptCounter } from "./name.js";
import { renderRemoval, renderRuleset } from "./render.js";

/**
 * Rulesets in a real kernel, with real packets. Needs root, nft and ip.
 *
 *     client 198.51.100.1 ── 198.51.100.10 balancer 10.77.2.254 ── 10.77.2.11 … .99 servers
 *            2001:db8::1  ── 2001:db8::10           fd00::fe    ── fd00::11, fd00::12
 */
const prefix = `vpb${process.pid}`;
const [client, balancer, servers] = ["c", "b", "s"].map((name) => `${prefix}${name}`) as [string, string, string];
const limits = { timeout: 30_000 };
const children = new Set<ChildProcess>();

beforeAll(async () => {
  execFileSync("ip", ["-batch", "-"], { input: topology() });
  for (const [name, commands] of Object.entries(addresses)) {
    execFileSync("ip", ["-n", `${prefix}${name}`, "-batch", "-"], { input: commands });
  }
  inside(balancer, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
  const programs = [node(servers, serverProgram), node(balancer, localProgram)];
  for (const program of programs) expect(await program.next()).toBe("ready");
}, 30_000);

beforeEach(() => apply(renderRemoval()));

afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  for (const name of [client, balancer, servers]) {
    try {
      execFileSync("ip", ["netns", "delete", name], { stdio: "ignore" });
    } catch {
      // It was never made.
    }
  }
});

describe("a ruleset in the kernel", limits, () => {
  it("shares connections by weight, exactly, and counts them", async () => {
    const list = [server("ex1", "10.77.2.11:443", 5), server("ex2", "10.77.2.12:443"), server("ex3", "10.77.2.13:443")];
    load([{ ...owa, servers: list }]);
    expect(tally(await connect("198.51.100.10", 443, 21))).toEqual({
      "10.77.2.11": 15,
      "10.77.2.12": 3,
      "10.77.2.13": 3,
    });
    expect(counters()).toEqual({ "owa/ex1": 15, "owa/ex2": 3, "owa/ex3": 3 });
  });

  it("shows the client's address to the server in mode nat, and its own in mode snat", async () => {
    load([owa, { ...owa, name: "arm", listen: endpoint("198.51.100.10:444"), mode: "snat" }]);
    expect((await connect("198.51.100.10", 443, 1))[0]).toMatch(/ from 198\.51\.100\.1$/);
    expect((await connect("198.51.100.10", 444, 1))[0]).toMatch(/ from 198\.51\.100\.10$/);
  });

  it("shares at random", async () => {
    load([
      {
        ...owa,
        scheduler: "random",
        servers: [server("a", "10.77.2.11:443", 200), server("b", "10.77.2.12:443", 100)],
      },
    ]);
    const shares = tally(await connect("198.51.100.10", 443, 60));
    expect(shares["10.77.2.11"]).toBeGreaterThan(20);
    expect(shares["10.77.2.12"]).toBeGreaterThan(5);
  });

  it("sends a source always to the same server, and only its server's loss moves it", async () => {
    const hashed = { ...owa, scheduler: "sourceHash" as const };
    const run = load([{ ...hashed, servers: [...owa.servers, server("ex3", "10.77.2.13:443")] }]);
    const [chosen = ""] = Object.keys(tally(await connect("198.51.100.10", 443, 10)));
    const names: Record<string, string> = { "10.77.2.11": "ex1", "10.77.2.12": "ex2", "10.77.2.13": "ex3" };
    const [another = ""] = Object.values(names).filter((name) => name !== names[chosen]);
    edit(run, another, "disabled");
    expect(tally(await connect("198.51.100.10", 443, 10))).toEqual({ [chosen]: 10 });
    edit(run, names[chosen] ?? "", "disabled");
    expect(Object.keys(tally(await connect("198.51.100.10", 443, 10)))).not.toContain(chosen);
  });

  it("balances sources over all servers by their hash", async () => {
    for (let i = 20; i < 60; i++) inside(client, "ip", "address", "add", `198.51.100.${i}/24`, "dev", "eth0");
    load([{ ...owa, scheduler: "sourceHash" }]);
    const shares = tally(await connect("198.51.100.10", 443, 40, "198.51.100."));
    expect(shares["10.77.2.11"]).toBeGreaterThan(5);
    expect(shares["10.77.2.12"]).toBeGreaterThan(5);
  });

  it("balances UDP", async () => {
    load([dns]);
    expect(tally(await connect("198.51.100.10", 53, 10, "udp"))).toEqual({ "10.77.2.11": 5, "10.77.2.12": 5 });
  });

  it("balances IPv6, in both modes and by every scheduler", async () => {
    const six = {
      ...owa,
      listen: endpoint("[2001:db8::10]:443"),
      servers: [server("a", "[fd00::11]:443"), server("b", "[fd00::12]:443")],
    };
    load([six, { ...six, name: "arm", listen: endpoint("[2001:db8::10]:444"), mode: "snat", scheduler: "sourceHash" }]);
    expect(tally(await connect("2001:db8::10", 443, 4))).toEqual({ "fd00::11": 2, "fd00::12": 2 });
    expect((await connect("2001:db8::10", 444, 1))[0]).toMatch(/ from 2001:db8::10$/);
  });

  it("redirects to the port of this node", async () => {
    load([http], 8080);
    expect(await connect("198.51.100.10", 80, 1)).toEqual(["redirector from 198.51.100.1"]);
  });

  it("sends connections to the sorry server when no server is left", async () => {
    const run = load([{ ...owa, servers: owa.servers.slice(0, 1), sorry: endpoint("10.77.2.99:443") }]);
    edit(run, "ex1", "disabled");
    expect(tally(await connect("198.51.100.10", 443, 3))).toEqual({ "10.77.2.99": 3 });
  });

  it("refuses at once when nobody is left, TCP and UDP", async () => {
    const none = { servers: [], health: [] };
    load([
      { ...owa, ...none },
      { ...dns, ...none },
      { ...http, listen: endpoint("198.51.100.10:80") },
    ]);
    expect(await connect("198.51.100.10", 443, 1)).toEqual(["ECONNREFUSED"]);
    expect(await connect("198.51.100.10", 53, 1, "udp")).toEqual(["ECONNREFUSED"]);
    expect(await connect("198.51.100.10", 80, 1)).toEqual(["ECONNREFUSED"]);
  });

  it("leaves connections alone that a drained server has, through edits and through a whole replacement", async () => {
    const run = load([owa]);
    const held = hold("198.51.100.10", 443);
    expect(await held.next()).toBe("10.77.2.11 from 198.51.100.1");
    edit(run, "ex1", "draining");
    expect(tally(await connect("198.51.100.10", 443, 4))).toEqual({ "10.77.2.12": 4 });
    held.say("still here");
    expect(await held.next()).toBe("still here");
    apply(renderRuleset(run.ruleset));
    held.say("and now");
    expect(await held.next()).toBe("and now");
    expect(counters()).toEqual({ "owa/ex1": 0, "owa/ex2": 0 });
  });

  it.each(["nat", "snat"] as const)("drops packets of connections it does not know, in mode %s", async (mode) => {
    load([{ ...owa, mode }]);
    const held = hold("198.51.100.10", 443);
    await held.next();
    inside(balancer, "conntrack", "-F");
    held.say("lost");
    await vi.waitFor(() => expect(strays()).toBeGreaterThan(0), { timeout: 5_000 });
    held.say("echo server");
    expect(held.closed()).toBe(false);
    expect(counters()).toEqual({ "owa/ex1": 1, "owa/ex2": 0 });
  });

  it("drops what a server sends on a connection that is not known", async () => {
    load([{ ...owa, mode: "snat" }]);
    const held = hold("198.51.100.10", 443);
    await held.next();
    held.say("talk");
    expect(await held.next()).toBe("talk");
    inside(balancer, "nft", "insert", "rule", "inet", "vipair", "guard", "iifname", "front", "drop");
    const before = strays();
    inside(balancer, "conntrack", "-F");
    await vi.waitFor(() => expect(strays()).toBeGreaterThan(before), { timeout: 5_000 });
    expect(held.closed()).toBe(false);
  });

  it.each(["nat", "snat"] as const)("tells the client that its connection is lost, in mode %s", async (mode) => {
    const run = load([{ ...owa, mode }, dns]);
    const [known, lost] = [hold("198.51.100.10", 443), hold("198.51.100.10", 443)];
    const servers = [await known.next(), await lost.next()].map((answer) => answer.split(" ")[0] ?? "");
    ownForLong(run);
    inside(balancer, "conntrack", "-D", "--reply-src", servers[1] ?? "");
    lost.say("anybody?");
    expect(await lost.next()).toBe("ECONNRESET");
    known.say("still here");
    expect(await known.next()).toBe("still here");
    // What the servers of earlier tests still send counts as well.
    expect(counter(resetCounter("owa"))).toBeGreaterThanOrEqual(1);
    expect(tally(await connect("198.51.100.10", 443, 2))).toEqual({ "10.77.2.11": 1, "10.77.2.12": 1 });
  });

  it.each(["nat", "snat"] as const)("tells the server that its connection is lost, in mode %s", async (mode) => {
    const run = load([{ ...owa, mode }]);
    const others = new Set(established());
    const held = hold("198.51.100.10", 443);
    await held.next();
    held.say("talk");
    expect(await held.next()).toBe("talk");
    const [peer] = established().filter((one) => !others.has(one));
    expect(peer).toBeDefined();
    ownForLong(run);
    inside(balancer, "nft", "insert", "rule", "inet", "vipair", "guard", "iifname", "front", "drop");
    inside(balancer, "conntrack", "-F");
    await vi.waitFor(() => expect(counter(resetCounter("owa"))).toBeGreaterThanOrEqual(1), { timeout: 5_000 });
    await vi.waitFor(() => expect(established()).not.toContain(peer), { timeout: 5_000 });
    expect(held.closed()).toBe(false);
  });

  it("tells over IPv6 as well", async () => {
    const run = load([{ ...owa, listen: endpoint("[2001:db8::10]:443"), servers: [server("a", "[fd00::11]:443")] }]);
    const held = hold("2001:db8::10", 443);
    await held.next();
    ownForLong(run);
    inside(balancer, "conntrack", "-F", "-f", "ipv6");
    held.say("anybody?");
    expect(await held.next()).toBe("ECONNRESET");
    expect(counter(resetCounter("owa"))).toBe(1);
  });

  it("counts what still comes here after a planned hand-over, and goes on translating it", async () => {
    const run = load([owa]);
    const held = hold("198.51.100.10", 443);
    await held.next();
    expect(counter(passedOnCounter)).toBe(0);
    change(run, () => run.step({ type: "ownershipTaken" }).step({ type: "ownershipLost", planned: true }));
    held.say("late");
    expect(await held.next()).toBe("late");
    change(run, () => run.run(2_000, () => true));
    const frames = counter(passedOnCounter);
    expect(frames).toBeGreaterThan(0);
    held.say("later");
    expect(await held.next()).toBe("later");
    expect(counter(passedOnCounter)).toBe(frames);
  });

  describe("for a service that remembers its clients", () => {
    const persistence = { prefix: 32, timeout: millisOf(60_000), clients: 1_000 };
    const sticky = { ...owa, persistence };
    const fromFive = () => connect("198.51.100.10", 443, 5, "198.51.100.");
    const serversOf = (answers: readonly string[]) => answers.map((answer) => answer.split(" ")[0]);

    beforeAll(() => {
      for (let i = 20; i < 25; i++) inside(client, "ip", "address", "replace", `198.51.100.${i}/24`, "dev", "eth0");
    });

    it.each(["roundRobin", "random", "sourceHash"] as const)("keeps each at its server, with %s", async (scheduler) => {
      load([{ ...sticky, scheduler }]);
      const first = await fromFive();
      expect(serversOf(first).every((host) => host === "10.77.2.11" || host === "10.77.2.12")).toBe(true);
      expect(await fromFive()).toEqual(first);
      expect(await fromFive()).toEqual(first);
      expect(remembered("owa")).toHaveLength(5);
    });

    it("shares the clients by weight", async () => {
      load([{ ...sticky, servers: [server("ex1", "10.77.2.11:443", 4), server("ex2", "10.77.2.12:443")] }]);
      expect(tally(await fromFive())).toEqual({ "10.77.2.11": 4, "10.77.2.12": 1 });
      await fromFive();
      expect(counters()).toEqual({ "owa/ex1": 8, "owa/ex2": 2 });
    });

    it("gives a client of a lost server another one, which it keeps when the lost one is back", async () => {
      const run = load([sticky]);
      const before = serversOf(await fromFive());
      edit(run, "ex1", "disabled");
      const other = serversOf(await fromFive());
      expect(new Set(other)).toEqual(new Set(["10.77.2.12"]));
      edit(run, "ex1", "enabled");
      expect(serversOf(await fromFive())).toEqual(other);
      expect(before).toContain("10.77.2.11");
    });

    it("leaves a client its server through sorry times", async () => {
      const run = load([{ ...sticky, servers: owa.servers.slice(0, 1), sorry: endpoint("10.77.2.99:443") }]);
      await connect("198.51.100.10", 443, 1);
      const [, number] = remembered("owa")[0] ?? [];
      edit(run, "ex1", "disabled");
      expect(tally(await connect("198.51.100.10", 443, 1))).toEqual({ "10.77.2.99": 1 });
      expect(remembered("owa")).toEqual([["198.51.100.1", number]]);
      edit(run, "ex1", "enabled");
      expect(tally(await connect("198.51.100.10", 443, 1))).toEqual({ "10.77.2.11": 1 });
    });

    it("keeps who it knows through a change of servers and services", async () => {
      const run = load([sticky, dns]);
      const before = await fromFive();
      const services = [{ ...sticky, servers: [server("new", "10.77.2.13:443"), ...owa.servers] }, http];
      const ruleset = run.ruleset;
      run.step({ type: "servicesReplaced", services }).run(0, () => true);
      apply(renderEdits(ruleset, run.ruleset));
      expect(await fromFive()).toEqual(before);
      expect(Object.keys(counters()).sort()).toEqual(["owa/ex1", "owa/ex2", "owa/new"]);
    });

    it("sends a client elsewhere whose server was taken out of the configuration", async () => {
      const run = load([sticky]);
      await fromFive();
      const ruleset = run.ruleset;
      const services = [{ ...sticky, servers: owa.servers.slice(1) }];
      run.step({ type: "servicesReplaced", services }).run(0, () => true);
      apply(renderEdits(ruleset, run.ruleset));
      expect(tally(await fromFive())).toEqual({ "10.77.2.12": 5 });
    });

    it("takes clients of one prefix together, IPv4 and IPv6", async () => {
      const six = {
        ...sticky,
        name: "six",
        listen: endpoint("[2001:db8::10]:443"),
        persistence: { ...persistence, prefix: 64 },
        servers: [server("a", "[fd00::11]:443"), server("b", "[fd00::12]:443")],
      };
      load([{ ...sticky, persistence: { ...persistence, prefix: 24 } }, six]);
      expect(new Set(serversOf(await fromFive())).size).toBe(1);
      expect(remembered("owa").map(([key]) => key)).toEqual(["198.51.100.0"]);
      expect(new Set(serversOf(await connect("2001:db8::10", 443, 4))).size).toBe(1);
      expect(remembered("six").map(([key]) => key)).toEqual(["2001:db8::"]);
    });

    it("remembers clients for each service, one-arm and UDP as well", async () => {
      load([
        { ...sticky, mode: "snat" },
        { ...dns, persistence },
      ]);
      const [answer] = await connect("198.51.100.10", 443, 1);
      expect(answer).toMatch(/ from 198\.51\.100\.10$/);
      expect(await connect("198.51.100.10", 443, 3)).toEqual(Array(3).fill(answer));
      expect(Object.values(tally(await connect("198.51.100.10", 53, 4, "udp")))).toEqual([4]);
      expect([remembered("owa").length, remembered("dns").length]).toEqual([1, 1]);
    });

    it("serves a client that finds no room, and counts it", async () => {
      load([{ ...sticky, persistence: { ...persistence, clients: 2 } }]);
      const answers = await fromFive();
      expect(answers.every((answer) => / from 198\.51\.100\.2\d$/.test(answer))).toBe(true);
      expect(remembered("owa")).toHaveLength(2);
      expect(counter(unkeptCounter("owa"))).toBe(3);
      expect((await fromFive()).slice(0, 2)).toEqual(answers.slice(0, 2));
    });

    it("forgets a client some time after its last connection", async () => {
      load([{ ...sticky, persistence: { ...persistence, timeout: millisOf(1_000) } }]);
      await connect("198.51.100.10", 443, 1);
      expect(remembered("owa")).toHaveLength(1);
      await vi.waitFor(() => expect(remembered("owa")).toEqual([]), { timeout: 5_000 });
    });
  });

  it("takes many services and servers", () => {
    const many = Array.from({ length: 100 }, (_, i) => ({
      ...owa,
      name: `service-${i}.example.com`,
      listen: endpoint(`198.51.100.10:${1_000 + i}`),
      health: [],
      scheduler: (["roundRobin", "random", "sourceHash"] as const)[i % 3] ?? "random",
      servers: Array.from({ length: 20 }, (_, j) => server(`${j}_node`, `10.77.2.${j + 1}:80`, (j % 5) + 1)),
    }));
    const run = load(many);
    apply(renderRuleset(run.ruleset));
    expect(Object.keys(counters())).toHaveLength(2_000);
  });
});

/** Puts the services into the kernel, all servers up. */
function load(services: readonly Service[], redirectPort?: number): BalanceRun {
  const run = new BalanceRun(services, 0, redirectPort).run(0, () => true);
  apply(renderRuleset(run.ruleset));
  return run;
}

function edit(run: BalanceRun, name: string, admin: "draining" | "disabled" | "enabled"): void {
  change(run, () => run.step({ type: "adminChanged", service: "owa", server: name, admin }));
}

/** The node owns the addresses, and nothing of another owner can be on its way any more. */
function ownForLong(run: BalanceRun): void {
  change(run, () => {
    run.step({ type: "ownershipTaken" }).step({ type: "peerSettled", settled: true });
    run.run(3_000, () => true);
  });
}

function change(run: BalanceRun, happen: () => unknown): void {
  const before = run.ruleset;
  happen();
  apply(renderEdits(before, run.ruleset));
}

function inside(namespace: string, ...command: string[]): string {
  return execFileSync("ip", ["netns", "exec", namespace, ...command], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function apply(script: string): void {
  execFileSync("ip", ["netns", "exec", balancer, "nft", "-f", "-"], { input: script });
}

function counters(): Record<string, number> {
  const { nftables } = JSON.parse(inside(balancer, "nft", "-j", "list", "counters", "table", "inet", "vipair"));
  const found: Record<string, number> = {};
  for (const { counter } of nftables) {
    const [kind, ...owner] = (counter?.name ?? "").split("/");
    if (kind === "server") found[owner.join("/")] = counter.packets;
  }
  return found;
}

/** Whom the servers have connections with. */
const established = (): string[] =>
  inside(servers, "ss", "-Htn", "state", "established", "sport", "443")
    .split("\n")
    .flatMap((line) => line.trim().split(/\s+/).at(-1) || []);

function counter(name: string): number {
  const listing = inside(balancer, "nft", "list", "counter", "inet", "vipair", name);
  return Number(/packets (\d+)/.exec(listing)?.[1]);
}

/** The clients that a service remembers, each with the number of its server. */
function remembered(service: string): readonly (readonly [string, string])[] {
  const map = inside(balancer, "nft", "list", "map", "inet", "vipair", clientMap(service));
  return [...map.matchAll(/([\da-f.:]+) expires \S+ : (0x[\da-f]+)/g)].map(([, key = "", number = ""]) => [
    key,
    number,
  ]);
}

function strays(): number {
  const chain = (name: string): string => inside(balancer, "nft", "list", "chain", "inet", "vipair", name);
  return [...`${chain("stray")}${chain("unknown")}`.matchAll(/packets (\d+)/g)].reduce(
    (sum, [, packets]) => sum + Number(packets),
    0,
  );
}

/** What `count` connections got to hear, or why they failed. `how`: `udp`, or the beginning of the addresses to use. */
async function connect(host: string, port: number, count: number, how = ""): Promise<readonly string[]> {
  const lines = node(client, clientProgram, host, `${port}`, `${count}`, how);
  return JSON.parse(await lines.next());
}

/** A connection that stays open: what is said comes back. */
const hold = (host: string, port: number) => node(client, holdProgram, host, `${port}`);

function tally(answers: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) {
    const who = answer.split(" ")[0] ?? "";
    counts[who] = (counts[who] ?? 0) + 1;
  }
  return counts;
}

function node(namespace: string, program: string, ...args: string[]) {
  const child = spawn("ip", ["netns", "exec", namespace, process.execPath, "-e", program, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  children.add(child);
  let running = true;
  child.on("exit", () => {
    running = false;
    children.delete(child);
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    say: (line: string) => child.stdin.write(`${line}\n`),
    next: async (): Promise<string> => (await lines.next()).value ?? "closed",
    closed: () => !running,
  };
}

const topology = () => `
  netns add ${client}
  netns add ${balancer}
  netns add ${servers}
  link add eth0 netns ${client} type veth peer name front netns ${balancer}
  link add eth0 netns ${servers} type veth peer name back netns ${balancer}
`;

const addresses = {
  c: `
    link set lo up
    address add 198.51.100.1/24 dev eth0
    address add 2001:db8::1/64 dev eth0 nodad
    link set eth0 up`,
  b: `
    link set lo up
    address add 198.51.100.10/24 dev front
    address add 2001:db8::10/64 dev front nodad
    address add 10.77.2.254/24 dev back
    address add fd00::fe/64 dev back nodad
    link set front up
    link set back up`,
  s: `
    link set lo up
${[11, 12, 13, 99].map((host) => `    address add 10.77.2.${host}/24 dev eth0`).join("\n")}
    address add fd00::11/64 dev eth0 nodad
    address add fd00::12/64 dev eth0 nodad
    link set eth0 up
    route add default via 10.77.2.254
    route add default via fd00::fe`,
};

const serverProgram = `
  const net = require("node:net"), dgram = require("node:dgram");
  const plain = (address) => address.replace("::ffff:", "");
  const echo = (socket) => {
    socket.on("error", () => {});
    socket.write(plain(socket.localAddress) + " from " + plain(socket.remoteAddress) + "\\n");
    socket.on("data", (data) => {
      socket.write(data);
      if (String(data) !== "talk\\n") return;
      const timer = setInterval(() => socket.write("more\\n"), 20);
      socket.on("close", () => clearInterval(timer));
    });
  };
  net.createServer(echo).listen(443, "::", () => console.log("ready"));
  for (const address of ["10.77.2.11", "10.77.2.12"]) {
    const socket = dgram.createSocket("udp4");
    socket.on("message", (_, { port, address: from }) => socket.send(address + " from " + from, port, from));
    socket.bind(53, address);
  }`;

/** Answers redirected connections, and would answer what no service takes. */
const localProgram = `
  const net = require("node:net"), dgram = require("node:dgram");
  const answer = (who) => (socket) => socket.end(who + " from " + socket.remoteAddress.replace("::ffff:", "") + "\\n");
  net.createServer(answer("redirector")).listen(8080, "::");
  for (const port of [80, 443]) net.createServer(answer("intruder")).listen(port, "::");
  const socket = dgram.createSocket("udp4");
  socket.on("message", (_, { port, address }) => socket.send("intruder", port, address));
  socket.bind(53, () => console.log("ready"));`;

const clientProgram = `
  const net = require("node:net"), dgram = require("node:dgram");
  const [host, port, count, how] = process.argv.slice(1);
  const tcp = (i) => new Promise((resolve) => {
    const from = how === "" ? {} : { localAddress: how + (20 + i) };
    const socket = net.connect({ host, port: Number(port), timeout: 5000, ...from });
    socket.on("data", (data) => { resolve(String(data).trim()); socket.destroy(); });
    socket.on("error", (error) => resolve(error.code));
    socket.on("timeout", () => resolve("timeout"));
  });
  const udp = () => new Promise((resolve) => {
    const socket = dgram.createSocket("udp4");
    const end = (answer) => { resolve(answer); socket.close(); };
    socket.on("message", (data) => end(String(data)));
    socket.on("error", (error) => end(error.code));
    socket.connect(Number(port), host, () => socket.send("?"));
  });
  (async () => {
    const answers = [];
    for (let i = 0; i < count; i++) answers.push(await (how === "udp" ? udp() : tcp(i)));
    console.log(JSON.stringify(answers));
    process.exit();
  })();`;

const holdProgram = `
  const [host, port] = process.argv.slice(1);
  const socket = require("node:net").connect(Number(port), host);
  socket.pipe(process.stdout);
  process.stdin.pipe(socket);
  socket.on("error", (error) => { console.log(error.code); process.exit(); });
  socket.on("close", () => process.exit());`;
