import { expect, test } from "vitest";
import { readHosts } from "./hosts.js";

test("two machines: the client's has the servers, too", () => {
  const { client, balancer, servers } = readHosts("client=ssh://root@a/eth1/eth2,balancer=ssh://b:2222/ens1/ens2.7");
  expect([client.machine.name, balancer.machine.name]).toEqual(["root@a", "root@b"]);
  expect(servers.machine).toBe(client.machine);
  expect([client.link, servers.link, balancer.link, balancer.serverSide]).toEqual(["eth1", "eth2", "ens1", "ens2.7"]);
  expect(balancer.machine.command(["true"])).toEqual(expect.arrayContaining(["-p", "2222", "root@b"]));
});

test("three machines", () => {
  const hosts = readHosts("client=ssh://a/eth1,balancer=ssh://b/eth1/eth2,servers=ssh://c/eth7", {
    options: ["-F", "f"],
  });
  expect(hosts.servers).toMatchObject({ link: "eth7", machine: { name: "root@c" } });
  expect(hosts.client.machine.command(["echo", "it's", "a b"])).toEqual(
    expect.arrayContaining(["-F", "f", "root@a", "echo 'it'\\''s' 'a b'"]),
  );
});

test.each([
  ["balancer=ssh://b/eth1/eth2", "which machine is the client?"],
  ["client=ssh://a/eth1/eth2", "which machine is the balancer?"],
  ["client=ssh://a/eth1,balancer=ssh://b/eth1/eth2", "the client needs two interfaces"],
  ["client=ssh://a/eth1/eth2,balancer=ssh://b/eth1", "the balancer needs two interfaces"],
  ["client=a,balancer=ssh://b/eth1/eth2", "client=a is not ROLE=ssh://USER@HOST/INTERFACE"],
  ["client=ssh://a/eth1/eth2,balancer=ssh://b/eth1/eth2,server=ssh://c/eth1", "there is no server"],
])("%s: %s", (text, message) => {
  expect(() => readHosts(text)).toThrow(message);
});
