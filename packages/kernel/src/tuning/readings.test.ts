import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { because, enterNamespace, obstacle, run } from "../laboratory/namespace.js";
import { check } from "../libc/errno.js";
import { AF_INET, addressOf, libc, SOCK_DGRAM } from "../libc/libc.js";
import { readTuning } from "./readings.js";

/** A made-up machine: eth7.10 is a VLAN on a bond of two cards; eth7 has one queue, eth8 four of virtio. */
let directory: string;
const roots = () => ({ proc: join(directory, "proc"), sys: join(directory, "sys") });

function write(path: string, content: string): void {
  const file = join(directory, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${content}\n`);
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "vpk-"));
  const link = (path: string, target: string): void => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    symlinkSync(target, join(directory, path));
  };
  write("sys/devices/system/cpu/online", "0-2,5");
  link("sys/class/net/bond0.10/lower_bond0", "../bond0");
  for (const card of ["eth7", "eth8"]) link(`sys/class/net/bond0/lower_${card}`, `../${card}`);
  link("sys/class/net/eth7/device", "../../../devices/pci7");
  write("sys/devices/pci7/msi_irqs/70", "msi");
  write("sys/class/net/eth7/queues/rx-0/rps_cpus", "00000001,00000006");
  write("sys/class/net/eth7/queues/tx-0/xps_cpus", "f");
  link("sys/class/net/eth8/device", "../../../devices/pci8/virtio8");
  mkdirSync(join(directory, "sys/devices/pci8/virtio8"), { recursive: true });
  for (const [irq, name] of [
    ["80", "virtio8-input.0"],
    ["81", "virtio8-input.1"],
    ["82", "virtio8-output.0"],
  ]) {
    write(`sys/devices/pci8/msi_irqs/${irq}`, "msix");
    write(`proc/irq/${irq}/${name}/none`, "");
    write(`proc/irq/${irq}/effective_affinity_list`, name === "virtio8-output.0" ? "2" : "5");
  }
  write("sys/class/net/vt0/queues/rx-0/rps_cpus", "0");
  write("proc/irq/70/effective_affinity_list", "0-1");
  for (const queue of [0, 1]) write(`sys/class/net/eth8/queues/rx-${queue}/rps_cpus`, "0");
});
afterAll(() => rmSync(directory, { recursive: true }));

describe.skipIf(obstacle !== undefined)(`tuning${because}`, () => {
  beforeAll(() => {
    enterNamespace();
    run("ip link add vt0 numrxqueues 3 type veth peer name vt1");
    // Whoever has no connection tracking yet has no settings of it either.
    run(
      "nft add table inet t; nft 'add chain inet t c { type filter hook input priority 0; }'; nft add rule inet t c ct state new",
    );
  });

  test("this kernel's table, and the settings as they are now", () => {
    const { processors, conntrack } = readTuning([]);
    expect(processors).toBe(cpus().length);
    expect(conntrack).toMatchObject({ count: 0, accounting: false, establishedSeconds: 432_000 });
    expect(conntrack?.most).toBeGreaterThan(1_000);
    expect(conntrack?.buckets).toBeGreaterThan(1_000);
    run("sysctl -qw net.netfilter.nf_conntrack_acct=1 net.netfilter.nf_conntrack_tcp_timeout_established=600");
    expect(readTuning([]).conntrack).toMatchObject({ accounting: true, establishedSeconds: 600 });
  });

  test("drivers are asked what they offer, and whether they put received packets together", () => {
    const read = () => readTuning(["vt0"], roots()).interfaces[0];
    for (const receiveOffload of [true, false]) {
      setReceiveOffload("vt0", receiveOffload);
      expect(read()).toEqual({
        name: "vt0",
        isCard: false,
        receiveQueues: 1,
        steeredTo: 0,
        mostQueues: 3,
        receiveOffload,
      });
    }
  });
});

/** As `ethtool -K NAME gro on|off` does it. */
function setReceiveOffload(name: string, on: boolean): void {
  const [SIOCETHTOOL, ETHTOOL_SGRO] = [0x8946, 0x2c];
  const value = Buffer.alloc(8);
  value.writeUInt32LE(ETHTOOL_SGRO, 0);
  value.writeUInt32LE(on ? 1 : 0, 4);
  const request = Buffer.alloc(40);
  request.write(name, 0, "latin1");
  request.writeBigUInt64LE(addressOf(value), 16);
  const socket = check(libc.socket(AF_INET, SOCK_DGRAM, 0), "open socket");
  check(libc.ioctl(socket, SIOCETHTOOL, request), "set receive offload");
  libc.close(socket);
}

test("the cards below a VLAN and a bond are read, each once", () => {
  expect(readTuning(["bond0.10", "bond0", "nothing0"], roots())).toEqual({
    processors: 4,
    interfaces: [
      { name: "eth7", isCard: true, receiveQueues: 1, steeredTo: 3, interruptProcessors: 2 },
      { name: "eth8", isCard: true, receiveQueues: 2, steeredTo: 0, interruptProcessors: 1 },
    ],
  });
});
