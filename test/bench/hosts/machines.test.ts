import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../../topology/clock.js";
import { check, type Outcome } from "../../topology/command.js";
import { Topology } from "../../topology/topology.js";
import { program } from "../../traffic/instrument.js";
import type { ThroughputBench } from "../throughput.js";

/**
 * Hosts of the test network play the machines: each has addresses of its own and an sshd, and gets namespaces inside. Hosts
 * whose addresses these take are switched off.
 */
const machines = {
  client: [["eth0", "172.31.1.1/24"]],
  lb1: [
    ["eth0", "172.31.1.2/24"],
    ["eth1", "172.31.2.2/24"],
  ],
  rs1: [["eth0", "172.31.2.3/24"]],
} as const;
const hosts = "client=ssh://172.31.1.1/eth0,balancer=ssh://172.31.1.2/eth0/eth1,servers=ssh://172.31.2.3/eth0";

let topology: Topology;
let sshConfig: string;

beforeAll(async () => {
  topology = await Topology.open();
  const file = (name: string): string => join(topology.directory, name);
  for (const key of ["key", "host-key"]) await check(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file(key)]);
  const sshdConfig = file("sshd_config");
  writeFileSync(
    sshdConfig,
    `HostKey ${file("host-key")}\nAuthorizedKeysFile ${file("key.pub")}\nPidFile none\nStrictModes no\nUsePAM no\n` +
      "PermitRootLogin prohibit-password\n",
  );
  sshConfig = file("ssh_config");
  writeFileSync(
    sshConfig,
    `Host *\n  IdentityFile ${file("key")}\n  IdentitiesOnly yes\n  StrictHostKeyChecking no\n` +
      "  UserKnownHostsFile /dev/null\n  LogLevel ERROR\n",
  );
  mkdirSync("/run/sshd", { recursive: true }); // where sshd gives up its privileges
  for (const name of ["watch", "rs2"] as const) await topology.host(name).check(["ip", "link", "set", "eth0", "down"]);
  for (const [name, links] of Object.entries(machines)) {
    const host = topology.host(name as keyof typeof machines);
    for (const [link, address] of links) {
      await host.check(["ip", "addr", "flush", "dev", link]);
      await host.check(["ip", "addr", "add", address, "dev", link]);
    }
    const sshd = host.spawn(["/usr/sbin/sshd", "-D", "-e", "-f", sshdConfig], { log: file(`sshd-${name}.log`) });
    await until(`sshd listens on ${name}`, 10_000, async () => {
      if (!sshd.alive) throw new Error(sshd.output);
      return (await host.check(["ss", "-Hltn"])).includes(":22 ");
    });
  }
});
afterAll(() => topology?.close());

const bench = (...argv: string[]): Promise<Outcome> =>
  topology
    .host("lb1")
    .run([process.execPath, program("bench/main"), ...argv, "--ssh-config", sshConfig], { timeoutMs: 500_000 });

/** Namespaces that were made inside of machines have a file here, too. */
const left = (): string[] => readdirSync("/run/netns").filter((name) => /^vp\d+-0-/.test(name));

test("throughput runs on three machines over ssh, and leaves nothing there", async () => {
  const before = left();
  const load = ["--against", "vipair", "--rounds", "1", "--seconds", "1", "--json"];
  const { stdout, stderr } = await bench("throughput", "--hosts", hosts, ...load);
  expect(stdout, stderr).not.toBe("");
  const { apart, bulk, packets, requests } = JSON.parse(stdout) as ThroughputBench;
  expect(apart).toBe(true);
  for (const results of [bulk, packets, requests]) {
    expect(results.map(({ contender }) => contender)).toEqual(["vipair"]);
    for (const { perSecond, eachUs } of results) {
      expect(perSecond.median).toBeGreaterThan(0);
      expect(eachUs.median).toBeGreaterThan(0);
    }
  }
  expect(left()).toEqual(before);
}, 600_000);

test("what a machine lacks is named, and nothing is begun", async () => {
  const wrong = hosts
    .replace("172.31.1.2/eth0/eth1", "172.31.1.2/eth0/eth9")
    .replace("172.31.2.3/eth0", "172.31.2.3/eth8");
  const { code, stderr } = await bench("throughput", "--hosts", wrong, "--against", "routing");
  expect(code).toBe(1);
  expect(stderr).toBe(
    "the machines are not ready:\n" +
      "  root@172.31.1.2: there is no interface eth9\n  root@172.31.2.3: there is no interface eth8\n",
  );
});
