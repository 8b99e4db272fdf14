import { parseAddress, prefixContains } from "@vipair/model";
import type { AddressDraft } from "../draft.js";
import { whyNotUnicast } from "../schema/carried.js";
import type { Rule } from "./rule.js";

/** A witness is a third host, whom both nodes can ask on the link of one of the addresses. */
export const checkWitnesses: Rule = ({ witnesses, nodes, addresses, heartbeat }, complain) => {
  if (witnesses.length > 0 && heartbeat.transport === "vrrp") {
    complain(
      ["pair", "witness"],
      "a witness does not go with transport: vrrp, whose standby decides by RFC 9568",
      "key",
    );
  }
  for (const [index, written] of witnesses.entries()) {
    const path = ["pair", "witness", index];
    const meant = typeof written === "string" ? parseAddress(written) : undefined;
    if (meant === undefined || whyNotUnicast(meant) !== undefined) continue;
    const { text } = meant;
    const node = nodes?.find(({ address }) => address?.text === text);
    const mayReach = ({ prefix }: AddressDraft): boolean => prefix === undefined || prefixContains(prefix, meant);
    if (node !== undefined) complain(path, `${text} is ${node.name} itself: a witness is a third host`);
    else if (addresses.some((address) => address.meant?.text === text)) {
      complain(path, `${text} is in addresses, which the nodes hold themselves: a witness is a third host`);
    } else if (!addresses.some(mayReach)) complain(path, `${text} is in the network of none of the addresses`);
    if (witnesses.indexOf(written) !== index) complain(path, `${text} is already in the list`);
  }
};
