import { counterOwner, type Rate, type Rates, tableName, updateRates } from "@vipair/balancer";
import { bootClock, type Nftables } from "@vipair/kernel";
import { serverKey } from "@vipair/model";
import type { Connections } from "./connections.js";

/** How much each server gets: live connections from conntrack, new ones from the rules' counters. */
export interface Traffic {
  readonly connections: Connections;
  rate(service: string, server: string): Rate;
  close(): void;
}

const readEveryMs = 2_000;
const none: Rate = { total: 0, perSecond: 0 };

export function openTraffic(nftables: Nftables, connections: Connections): Traffic {
  let rates: Rates | undefined;
  const read = (): void => {
    const counters = new Map<string, number>();
    for (const [name, { packets }] of nftables.counters({ family: "inet", table: tableName })) {
      const owner = counterOwner(name);
      if (owner?.server !== undefined) counters.set(serverKey(owner.service, owner.server), packets);
    }
    rates = updateRates(rates, counters, bootClock());
  };
  const reading = setInterval(read, readEveryMs);
  return {
    connections,
    rate: (service, server) => rates?.rates.get(serverKey(service, server)) ?? none,
    close: () => clearInterval(reading),
  };
}
