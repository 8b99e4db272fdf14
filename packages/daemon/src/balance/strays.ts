import type { Service } from "@vipair/model";
import type { Journal } from "../event/journal.js";
import type { Traffic } from "./traffic.js";

/** Tells people what became of packets that found no connection here, or came to a node that had handed over. */
export interface Strays {
  /** The counters were read: one event for each service whose count of resets has grown, at most one a minute. */
  countersRead(services: readonly Pick<Service, "name">[]): void;
  /** A planned hand-over is over for this node. */
  passedOn(): void;
}

const quietMs = 60_000;

export function openStrays(traffic: Pick<Traffic, "resets" | "passedOn">, journal: Pick<Journal, "record">): Strays {
  const told = new Map<string, { readonly resets: number; readonly at: number }>();
  let passedOn = 0;
  return {
    countersRead: (services) => {
      for (const { name: service } of services) {
        const resets = traffic.resets(service);
        const before = told.get(service);
        const grown = resets - (before?.resets ?? 0);
        const now = performance.now();
        if (grown <= 0 || (before !== undefined && now - before.at < quietMs)) continue;
        told.set(service, { resets, at: now });
        const message = `${service}: ${grown} resets told ends of connections that are not known here`;
        journal.record("strays", message, { service, resets: grown });
      }
    },
    passedOn: () => {
      const frames = traffic.passedOn() - passedOn;
      passedOn += frames;
      if (frames === 0) return;
      journal.record("strays", `${frames} frames came here after the hand-over and were passed on`, { frames });
    },
  };
}
