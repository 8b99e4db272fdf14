import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { type Flow, flowMark, flowMarkMask, instantOf, tcpStates } from "@vipair/model";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bootClock } from "../clock/boot-clock.js";
import { type Conntrack, openConntrack } from "../conntrack/conntrack.js";
import { because, enterNamespace, type Host, obstacle, openHost, run, until } from "../laboratory/namespace.js";
import { type FastPath, openFastPath, removeFastPath } from "./fast-path.js";
import { type LeaseEnd, openLeaseEnd } from "./lease-end.js";

/**
 *     client 198.51.100.1 ── c0  198.51.100.10  this host  10.77.2.254 ── s0  10.77.2.11 server: port 9000 sends all back
 *            2001:db8::1         2001:db8::10              fd00::fe           fd00::11
 */
const ours = { mark: flowMark, mask: flowMarkMask };
const timeWait = 7;
const closed = 8;

/** Listens on port 9000 and sends back what comes. */
const serverProgram = `
  require("node:net").createServer({ noDelay: true }, (socket) => socket.on("error", () => {}).pipe(socket)).listen(9000, "::", () => {
    const udp = require("node:dgram").createSocket({ type: "udp6", ipv6Only: false });
    udp.on("message", (bytes, from) => udp.send(bytes, from.port, from.address));
    udp.bind(9000, "::", () => console.log("ready"));
  });`;

/**
 * Takes "open tcp HOST PORT", "send COUNT SIZE", "end" and "reset" from its input, and answers each with a line, the first
 * with its own port.
 */
const clientProgram = `
  const net = require("node:net"), dgram = require("node:dgram");
  let peer, take = () => {};
  const say = (line) => console.log(line);
  const commands = {
    open: (kind, host, port) => {
      if (kind === "tcp") {
        peer = net.connect({ host, port: Number(port), noDelay: true }, () => say(peer.localPort));
        peer.on("data", (bytes) => take(bytes)).on("error", () => {}).on("close", () => say("closed"));
      } else {
        peer = dgram.createSocket(host.includes(":") ? "udp6" : "udp4");
        peer.on("message", (bytes) => take(bytes)).on("error", () => {});
        peer.connect(Number(port), host, () => say(peer.address().port));
      }
    },
    send: async (count, size) => {
      for (let i = 0; i < Number(count); i++) {
        const bytes = require("node:crypto").randomBytes(Number(size));
        let got = Buffer.alloc(0);
        const whole = new Promise((resolve) => (take = (more) => {
          got = Buffer.concat([got, more]);
          if (got.length >= bytes.length) resolve();
        }));
        peer.write ? peer.write(bytes) : peer.send(bytes);
        await whole;
        if (!got.equals(bytes)) return say("damaged");
      }
      say("sent");
    },
    end: () => peer.end(),
    reset: () => peer.resetAndDestroy(),
    whisper: (size) => { peer.send(Buffer.alloc(Number(size))); say("whispered"); },
  };
  require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
    const [name, ...words] = line.split(" ");
    void commands[name](...words);
  });`;

interface Program {
  ask(line: string): Promise<string>;
  next(): Promise<string>;
  say(line: string): void;
  close(): void;
}

function start(host: Host, script: string): Program {
  const child: ChildProcess = spawn("/usr/bin/nsenter", ["-t", `${host.pid}`, "-n", process.execPath, "-e", script], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  if (child.stdout === null) throw new Error("no output");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  const say = (line: string): void => void child.stdin?.write(`${line}\n`);
  return {
    next,
    say,
    ask: (line) => {
      say(line);
      return next();
    },
    close: () => void child.kill("SIGKILL"),
  };
}

const rules = `
  table inet test {
    counter ordinary { }
    set ports { type inet_service; }
    chain ordinary {
      type filter hook prerouting priority -450;
      th sport @ports counter name ordinary
      th dport @ports counter name ordinary
    }
    chain prerouting {
      type nat hook prerouting priority dstnat;
      th dport 80 ct mark set ${flowMark | 7}
      th dport 81 ct mark set ${flowMark | 8}
      ip daddr 198.51.100.10 meta l4proto tcp dnat to 10.77.2.11:9000
      ip daddr 198.51.100.10 meta l4proto udp dnat to 10.77.2.11:9000
      ip6 daddr 2001:db8::10 meta l4proto tcp dnat to [fd00::11]:9000
      ip6 daddr 2001:db8::10 meta l4proto udp dnat to [fd00::11]:9000
    }
    chain postrouting {
      type nat hook postrouting priority srcnat;
      ct mark ${flowMark | 8} masquerade
    }
  }`;

describe.skipIf(obstacle !== undefined)(`the fast path${because}`, () => {
  let [clients, servers]: Host[] = [];
  let server: Program;
  let client: Program;
  let clientPort: number;
  let conntrack: Conntrack;
  let fastPath: FastPath;
  let lease: LeaseEnd;

  beforeAll(async () => {
    enterNamespace();
    [clients, servers] = [await openHost(), await openHost()];
    connect("c0", clients, ["198.51.100.10/24", "2001:db8::10/64"], ["198.51.100.1/24", "2001:db8::1/64"]);
    connect("s0", servers, ["10.77.2.254/24", "fd00::fe/64"], ["10.77.2.11/24", "fd00::11/64"]);
    servers.run("sh -c 'ip route add default via 10.77.2.254; ip -6 route add default via fd00::fe'");
    run("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.netfilter.nf_conntrack_tcp_be_liberal=1");
    run(`nft -f - <<'END'\n${rules}\nEND`);
    server = start(servers, serverProgram);
    expect(await server.next()).toBe("ready");
  });
  afterAll(async () => {
    server?.close();
    for (const name of ["c0", "s0"]) run(`ip link del ${name}`);
    for (const host of [clients, servers]) await host?.close();
  });
  beforeEach(() => {
    conntrack = openConntrack();
    fastPath = openFastPath(["c0", "s0"]);
    lease = openLeaseEnd(fastPath.leaseFd);
    if (clients === undefined) throw new Error("no host of clients");
    client = start(clients, clientProgram);
    lease.set(instantOf(bootClock() + 3_600_000));
  });
  afterEach(() => {
    client.close();
    fastPath.close();
    conntrack.close();
  });

  function connect(name: string, host: Host, here: readonly string[], there: readonly string[]): void {
    run(`ip link add ${name} type veth peer name ${name}p netns ${host.pid}; ip link set ${name} up`);
    host.run(`ip link set ${name}p up`);
    for (const address of here) run(`ip addr add ${address} dev ${name} ${address.includes(":") ? "nodad" : ""}`);
    for (const address of there)
      host.run(`ip addr add ${address} dev ${name}p ${address.includes(":") ? "nodad" : ""}`);
  }

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
      clients?.run(`ethtool -K c0p tx ${offload}`);
      servers?.run(`ethtool -K s0p tx ${offload}`);
      await open(kind, host, port);
      expect(fastPath.add(flow(), "both")).toEqual({ ok: true });
      expect(await ordinaryWhile("send 20 1000")).toBe(0);
      if (kind === "tcp") expect(await ordinaryWhile("send 1 3000000")).toBe(0);
      expect(bootClock() - (fastPath.lastSeen(flow()) ?? 0)).toBeLessThan(5_000);
      fastPath.remove(flow());
      expect(fastPath.lastSeen(flow())).toBeUndefined();
      expect(await ordinaryWhile("send 5 10")).toBeGreaterThan(9);
      client.close();
      if (clients !== undefined) client = start(clients, clientProgram);
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

  test("takes the place of one that was left behind, and leaves nothing", () => {
    const attached = (): string => run("tc filter show dev c0 ingress");
    const another = openFastPath(["c0", "s0"]);
    expect(attached().match(/handle 0x1 vipair/g)).toHaveLength(1);
    removeFastPath(["c0", "s0", "nowhere"]);
    expect(attached()).toBe("");
    another.close();
  });

  test("is refused without its interface", () => {
    expect(() => openFastPath(["nowhere"])).toThrow("interface nowhere: ENODEV");
  });
});
