import { type BalanceEffect, type CutConnections, knownHealth, tableName } from "@vipair/balancer";
import {
  type Conntrack,
  openConntrack,
  openNftables,
  openSysctls,
  openTimedMaps,
  type TimedMaps,
  watchTables,
} from "@vipair/kernel";
import type { Config, Service } from "@vipair/model";
import { probeAll } from "@vipair/probe";
import type { Journal } from "../event/journal.js";
import { openRedirectServer } from "../redirect/server.js";
import { openConnections } from "./connections.js";
import { type FastFlows, openConfiguredFlows } from "./fast-flows.js";
import { type BalanceLoop, type BalanceLoopOptions, openBalanceLoop } from "./loop.js";
import { openRules, type Rules } from "./rules.js";
import { openStrays } from "./strays.js";
import { wantedSysctls } from "./sysctls.js";
import { openTraffic, type Traffic } from "./traffic.js";

/**
 * The balancing half of the daemon: probes answer, the balance steps, the difference goes into the kernel. It does the
 * same on both nodes all the time; only the agent's lease decides where packets pass.
 */
export interface Balancer {
  readonly loop: BalanceLoop;
  readonly rules: Rules;
  readonly traffic: Traffic;
  readonly conntrack: Conntrack;
  readonly maps: TimedMaps;
  /** `undefined` without a fast path. */
  readonly fastFlows: FastFlows | undefined;
  /** Every server has answered a probe, or failed one. */
  readonly healthKnown: boolean;
  replaceServices(services: readonly Service[]): void;
  /** What this process, the agent, does in nftables does not touch the rules: it need not be looked at. */
  overlook(process: number | undefined): void;
  /** Removes the rules and puts the kernel's settings back. */
  close(): void;
}

export interface BalancerOptions {
  readonly config: Config;
  /** 0 or 1: the two nodes probe half an interval apart. */
  readonly nodeIndex: 0 | 1;
  /** Where the settings' former values are kept until they are put back. */
  readonly sysctlFile: string;
  readonly journal: Journal;
  readonly record: BalanceLoopOptions["record"];
  readonly healthChanged: () => void;
  /** The rules went into the kernel without the clients that services remembered. */
  readonly clientsLost: () => void;
}

/** @throws Error when the kernel gives no access to nftables or conntrack, or no port is free for redirections */
export async function openBalancer(options: BalancerOptions): Promise<Balancer> {
  const { config, nodeIndex, sysctlFile, journal } = options;
  const redirect = await openRedirectServer();
  const nftables = openNftables();
  const conntrack = openConntrack();
  // The replication has to hear of what is cut, or the other node would keep it, or be taken to have it.
  const cutting = openConntrack({ isNews: true });
  const maps = openTimedMaps();
  const sysctls = openSysctls({ stateFile: sysctlFile });
  const refused = (error: string): void => journal.record("refused", `the kernel refused: ${error}`, { error });
  const rules = openRules(nftables, refused, options.clientsLost);
  const connections = openConnections(cutting, refused);
  const fastFlows = openConfiguredFlows(config, conntrack, cutting, refused);
  const traffic = openTraffic(
    nftables,
    connections,
    () => fastFlows?.young?.counts() ?? new Map(),
    () => strays.countersRead(loop.state.services.map(({ service }) => service)),
  );
  const strays = openStrays(traffic, journal);

  const perform = (effect: BalanceEffect): void => {
    switch (effect.type) {
      case "probe":
        void probeOnce(effect);
        return;
      case "applyRuleset":
        fastFlows?.young?.want(effect.ruleset);
        return rules.want(effect.ruleset);
      case "cutConnections":
        // Before the rules have changed, the next packet would bring the flow back to where it was.
        rules.afterwards(() => cut(effect));
        return;
      case "reportPassedOn":
        return strays.passedOn();
      case "reportHealth": {
        const { service, server, from, to, because } = effect;
        journal.record("healthChanged", `${service}/${server} is ${to}: ${because}`, { service, server, from, to });
        return options.healthChanged();
      }
      case "reportAdmin": {
        const { service, server, from, to } = effect;
        journal.record("adminChanged", `${service}/${server} is ${to}`, { service, server, from, to });
        return options.healthChanged();
      }
    }
  };
  const cut = (order: CutConnections): void => {
    // Before conntrack could be given some of them.
    if (order.which === "all") fastFlows?.young?.cut(order.address);
    void connections.cut(order).then(() => fastFlows?.clear());
  };
  const probeOnce = async (effect: BalanceEffect & { type: "probe" }): Promise<void> => {
    const { service, server, round } = effect;
    const { ok, because } = await probeAll(effect.checks, effect.address, effect.timeout);
    loop.deliver({ type: "probeAnswered", service, server, round, ok, because });
  };

  const loop = openBalanceLoop({
    services: config.services,
    spread: nodeIndex / 2,
    redirectPort: redirect.port,
    perform,
    record: options.record,
  });
  loop.deliver({ type: "deadlineReached" });
  const settings = sysctls.set(wantedSysctls(config));
  if (!settings.ok) refused(settings.error);

  // A flush tells of every rule and set: the table is put back once for all that is told in one turn.
  let due: NodeJS.Immediate | undefined;
  const restore = (): void => {
    due = undefined;
    rules.restore();
    const what = `table inet ${tableName}`;
    journal.record("restored", `${what} was changed by somebody else and put back`, { what });
  };
  const watch = watchTables([{ family: "inet", table: tableName }], () => {
    due ??= setImmediate(restore);
  });

  return {
    loop,
    rules,
    traffic,
    conntrack,
    maps,
    fastFlows,
    get healthKnown() {
      return knownHealth(loop.state);
    },
    overlook: watch.overlook,
    replaceServices: (services) => loop.deliver({ type: "servicesReplaced", services }),
    close: () => {
      clearImmediate(due);
      fastFlows?.close();
      for (const part of [watch, loop, traffic, redirect, rules, nftables, maps, conntrack, cutting]) part.close();
      const restored = sysctls.restore();
      if (!restored.ok) refused(restored.error);
    },
  };
}
