import { formatDuration, isLinkLocal } from "@vipair/model";
import type { Draft } from "../draft.js";
import { quote } from "../problem.js";
import type { Complain, Rule } from "./rule.js";

/** Keys of the heartbeat that say nothing to datagrams of this product. */
const ownKeys = ["checksum", "virtualMac"];
/** RFC 9568 § 5.2.5: the count of addresses has eight bits; so many IPv6 addresses fit into a packet of 1500 bytes. */
const mostAddresses = { 4: 255, 6: 90 } as const;

/** What RFC 9568 demands of a pair whose transport it is. */
export const checkVrrp: Rule = (draft, complain) => {
  const { heartbeat, heartbeatInterval: interval } = draft;
  const at = ["pair", "heartbeat"];
  if (heartbeat.transport !== "vrrp") {
    for (const key of ownKeys) {
      if (key in heartbeat) complain([...at, key], `${quote(key)} goes with transport: vrrp`, "key");
    }
    return;
  }
  if (interval !== undefined && interval % 10 !== 0) {
    complain([...at, "interval"], `vrrp counts in steps of 10ms, which ${formatDuration(interval)} is not`);
  }
  if (heartbeat.virtualMac === true && heartbeat.unicast === true) {
    complain([...at, "virtualMac"], "with unicast there is no virtual router on a link that could have a MAC address");
  }
  if (heartbeat.virtualMac === true && (draft.fastPath === true || draft.fastPath === "all")) {
    complain(["fastPath"], "with virtualMac there is no fast path: packets come in on devices that come and go");
  }
  checkAdvertised(draft, complain);
  warnOfTies(draft, complain);
  warnOfMuteInterfaces(draft, complain);
};

function checkAdvertised({ nodes, addresses, heartbeat }: Draft, complain: Complain): void {
  const meant = addresses.flatMap((address) => address.meant ?? []);
  const nodeFamily = nodes?.find(({ address }) => address !== undefined)?.address?.family;
  const unicast = heartbeat.unicast === true;
  if (unicast && nodeFamily !== undefined && meant.length > 0 && meant.every(({ family }) => family !== nodeFamily)) {
    complain(["addresses"], `with unicast, at least one address must be of the nodes' family, IPv${nodeFamily}`);
  }
  for (const family of [4, 6] as const) {
    const listed = meant.filter((address) => address.family === family);
    if (listed.length > mostAddresses[family]) {
      const message = `an advertisement holds at most ${mostAddresses[family]} IPv${family} addresses, found ${listed.length}`;
      complain(["addresses"], message);
    }
  }
  const six = meant.filter(({ family }) => family === 6);
  if (six.length > 0 && (!unicast || nodeFamily === 6) && !six.some(isLinkLocal)) {
    const message =
      "RFC 9568 wants a link-local address (fe80::…) among IPv6 addresses; a strict router discards the others";
    complain(["addresses"], message, "value", "warning");
  }
}

function warnOfTies({ nodes }: Draft, complain: Complain): void {
  const [first, second] = nodes ?? [];
  if (first?.priority === undefined || first.priority !== second?.priority) return;
  complain([...second.path, "priority"], "equal priorities: the greater address serves", "value", "warning");
}

/** The first interface lists what has no heartbeats of its own; any other one lists its own addresses. */
function warnOfMuteInterfaces({ addresses, heartbeat, heartbeatInterfaces }: Draft, complain: Complain): void {
  const carrying = new Set(addresses.map((address) => address.interface));
  for (const [index, name] of heartbeatInterfaces.entries()) {
    if (index === 0 || heartbeat.unicast === true || carrying.has(name)) continue;
    const message = `none of the addresses is on ${name}, so nothing is advertised there`;
    complain(["pair", "heartbeat", "interfaces", index], message, "value", "warning");
  }
}
