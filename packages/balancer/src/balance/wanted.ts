import { remember, type Server } from "@vipair/model";
import { type EligibleServer, type Ruleset, type ServerTarget, type ServiceRules, same } from "../ruleset/ruleset.js";
import { strayPolicy } from "../stray/stray.js";
import { eligibleServers } from "./eligible.js";
import type { BalanceState, ServiceState } from "./state.js";

/**
 * The ruleset that follows from the state, which came from the one before. A service that did not change has the same
 * rules, as an object, also after a reload: whoever compares two rulesets of thousands of services looks into those alone
 * that did.
 */
export function wantedRuleset(before: BalanceState, { services, redirectPort, strays }: BalanceState): Ruleset {
  const former = before.ruleset?.services ?? [];
  let byName: ReadonlyMap<string, ServiceRules> | undefined;
  const formerRules = (name: string): ServiceRules | undefined => {
    byName ??= new Map(former.map((rules) => [rules.name, rules]));
    return byName.get(name);
  };
  return {
    strays: strayPolicy(strays),
    services: services.map((service, place) => {
      const rules = former[place];
      if (rules !== undefined && service === before.services[place]) return rules;
      const { name } = service.service;
      return rulesOf(service, redirectPort, rules?.name === name ? rules : formerRules(name));
    }),
  };
}

function rulesOf(
  state: ServiceState,
  redirectPort: number | undefined,
  former: ServiceRules | undefined,
): ServiceRules {
  const wanted = wantedRules(state, redirectPort);
  return former !== undefined && same(former, wanted) ? former : wanted;
}

/**
 * Of a service of thousands of servers, of which one is up now that was not, all but that one are the same objects as
 * before: what was found of them need not be found again.
 */
const targetsOf = remember((servers: readonly Server[]): readonly ServerTarget[] =>
  servers.map(({ name, address }) => ({ name, address })),
);
const weightOf = remember(({ name, weight }: Server): EligibleServer => ({ name, weight }));

function wantedRules(state: ServiceState, redirectPort: number | undefined): ServiceRules {
  const { service, mark } = state;
  const { name, listen } = service;
  if (service.kind === "redirect") return { kind: "redirect", name, listen, port: redirectPort };
  return {
    kind: "balanced",
    name,
    listen,
    mode: service.mode,
    scheduler: service.scheduler,
    persistence: service.persistence,
    mark,
    servers: targetsOf(service.servers),
    eligible: eligibleServers(state).map(({ server }) => weightOf(server)),
    sorry: service.sorry,
  };
}
