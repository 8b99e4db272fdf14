import {
  passedOnCounter,
  type Rate,
  type Rates,
  resetCounter,
  serverChain,
  tableName,
  unkeptCounter,
  updateRates,
} from "@vipair/balancer";
import { bootClock, type Nftables } from "@vipair/kernel";
import { atPace } from "../pace.js";
import type { Connections } from "./connections.js";

/** What passed: live connections from conntrack, everything else from the rules' counters. */
export interface Traffic {
  readonly connections: Connections;
  /** New connections of a server. */
  rate(service: string, server: string): Rate;
  /** Resets that ends of the service's unknown connections were told. */
  resets(service: string): number;
  /** Frames that still came here after planned hand-overs. */
  passedOn(): number;
  /** Connections whose clients found no room among those that the service remembers, since the rules were loaded. */
  unkept(service: string): number;
  close(): void;
}

const readEveryMs = 2_000;
const none: Rate = { total: 0, perSecond: 0 };

/** No counter is called so. */
const elsewhere = (counter: string): string => `${counter} `;
const sum = (a: Rate, b: Rate): Rate => ({ total: a.total + b.total, perSecond: a.perSecond + b.perSecond });

/**
 * @param begun connections that no counter of the rules has counted, by the one that would have
 * @param readAgain called after each regular reading
 */
export function openTraffic(
  nftables: Pick<Nftables, "counters">,
  connections: Connections,
  begun: () => ReadonlyMap<string, number>,
  readAgain: () => void,
): Traffic {
  let rates: Rates | undefined;
  const read = (): void => {
    const counters = nftables.counters({ family: "inet", table: tableName });
    const counted = new Map([...counters].map(([name, { packets }]) => [name, packets]));
    for (const [name, count] of begun()) counted.set(elsewhere(name), count);
    rates = updateRates(rates, counted, bootClock());
  };
  const rateOf = (counter: string): Rate => rates?.rates.get(counter) ?? none;
  const reading = atPace(readEveryMs, () => {
    read();
    readAgain();
  });
  return {
    connections,
    rate: (service, server) => {
      const counter = serverChain(service, server);
      return sum(rateOf(counter), rateOf(elsewhere(counter)));
    },
    resets: (service) => rateOf(resetCounter(service)).total,
    passedOn: () => {
      read();
      return rateOf(passedOnCounter).total;
    },
    unkept: (service) => rateOf(unkeptCounter(service)).total,
    close: reading.close,
  };
}
