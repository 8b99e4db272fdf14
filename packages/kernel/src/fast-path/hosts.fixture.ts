import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { flowMark, instantOf } from "@vipair/model";
import { bootClock } from "../clock/boot-clock.js";
import { enterNamespace, type Host, openHost, run } from "../laboratory/namespace.js";
import { type FastPath, type FastPathOptions, openFastPath } from "./fast-path.js";
import { type LeaseEnd, openLeaseEnd } from "./lease-end.js";

/**
 *     client 198.51.100.1 ── c0  198.51.100.10  this host  10.77.2.254 ── s0  10.77.2.11 server: port 9000 sends all back
 *            2001:db8::1         2001:db8::10              fd00::fe           fd00::11
 */
export interface Hosts {
  readonly clients: Host;
  readonly servers: Host;
  readonly server: Program;
  close(): Promise<void>;
}

export async function openHosts(): Promise<Hosts> {
  enterNamespace();
  const [clients, servers] = [await openHost(), await openHost()];
  connect("c0", clients, ["198.51.100.10/24", "2001:db8::10/64"], ["198.51.100.1/24", "2001:db8::1/64"]);
  connect("s0", servers, ["10.77.2.254/24", "fd00::fe/64"], ["10.77.2.11/24", "fd00::11/64"]);
  servers.run("sh -c 'ip route add default via 10.77.2.254; ip -6 route add default via fd00::fe'");
  run("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.netfilter.nf_conntrack_tcp_be_liberal=1");
  run(`nft -f - <<'END'\n${rules}\nEND`);
  const server = start(servers, serverProgram);
  const ready = await server.next();
  if (ready !== "ready") throw new Error(`the server says ${ready}`);
  return {
    clients,
    servers,
    server,
    close: async () => {
      server.close();
      run("nft delete table inet test");
      for (const name of ["c0", "s0"]) run(`ip link del ${name}`);
      for (const host of [clients, servers]) await host.close();
    },
  };
}

/** A fast path that is open for an hour. */
export function openLeased(
  interfaces: readonly string[],
  options?: FastPathOptions,
): { readonly fastPath: FastPath; readonly lease: LeaseEnd } {
  const fastPath = openFastPath(interfaces, options);
  const lease = openLeaseEnd(fastPath.leaseFd);
  lease.set(instantOf(bootClock() + 3_600_000));
  return { fastPath, lease };
}

function connect(name: string, host: Host, here: readonly string[], there: readonly string[]): void {
  run(`ip link add ${name} type veth peer name ${name}p netns ${host.pid}; ip link set ${name} up`);
  host.run(`ip link set ${name}p up`);
  for (const address of here) run(`ip addr add ${address} dev ${name} ${address.includes(":") ? "nodad" : ""}`);
  for (const address of there) host.run(`ip addr add ${address} dev ${name}p ${address.includes(":") ? "nodad" : ""}`);
}

/** Listens on the ports 9000 and 9002, and sends back what comes. */
const serverProgram = `
  const listen = (port, then) => require("node:net")
    .createServer({ noDelay: true }, (socket) => socket.on("error", () => {}).pipe(socket))
    .listen(port, "::", then);
  listen(9002);
  listen(9000, () => {
    const udp = require("node:dgram").createSocket({ type: "udp6", ipv6Only: false });
    udp.on("message", (bytes, from) => udp.send(bytes, from.port, from.address));
    udp.bind(9000, "::", () => console.log("ready"));
  });`;

/**
 * Takes "open tcp HOST PORT [LOCAL PORT]", "send COUNT SIZE", "end" and "reset" from its input, and answers each with a line, the first
 * with its own port.
 */
export const clientProgram = `
  const net = require("node:net"), dgram = require("node:dgram");
  let peer, take = () => {};
  const say = (line) => console.log(line);
  const commands = {
    open: (kind, host, port, localPort) => {
      if (kind === "tcp") {
        const from = localPort && { localPort: Number(localPort) };
        peer = net.connect({ host, port: Number(port), noDelay: true, ...from }, () => say(peer.localPort));
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

export interface Program {
  ask(line: string): Promise<string>;
  next(): Promise<string>;
  say(line: string): void;
  close(): void;
}

export function start(host: Host, script: string): Program {
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
