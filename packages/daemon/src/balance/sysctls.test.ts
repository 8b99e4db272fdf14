import { parseConfig } from "@vipair/config";
import { expect, it } from "vitest";
import { wantedSysctls } from "./sysctls.js";

const wanted = (heartbeat: string): Record<string, string> => {
  const result = parseConfig(`
pair:
  name: lab
  secretFile: /etc/vipair/pair.key
  nodes: { lb1: { address: 192.0.2.1, priority: 200 }, lb2: { address: 192.0.2.2, priority: 100 } }
  heartbeat: ${heartbeat}
addresses:
  - { address: 198.51.100.10/24, interface: eth0.5 }
  - { address: 10.77.2.254/24, interface: eth1 }
`);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return wantedSysctls(result.config);
};

it("names interfaces by path: a VLAN has a dot in its name", () => {
  expect(wanted("{}")).toMatchObject({
    "net/ipv4/conf/eth0.5/send_redirects": "0",
    "net/ipv4/conf/eth1/send_redirects": "0",
  });
});

it("keeps the interface below a virtual router from speaking for its addresses, and no other", () => {
  const arp = (heartbeat: string) => Object.entries(wanted(heartbeat)).filter(([name]) => name.includes("arp_"));
  expect(arp("{ transport: vrrp, interfaces: [eth0.5], virtualMac: true }")).toEqual([
    ["net/ipv4/conf/eth0.5/arp_ignore", "1"],
    ["net/ipv4/conf/eth0.5/arp_announce", "2"],
  ]);
  expect(arp("{ transport: vrrp, interfaces: [eth0.5] }")).toEqual([]);
});
