import { type Ruleset, type ServiceRules, same } from "../ruleset/ruleset.js";
import { strayPolicy } from "../stray/stray.js";
import { eligibleServers } from "./eligible.js";
import type { BalanceState, ServiceState } from "./state.js";

/**
 * The ruleset that follows from the state. A service that did not change has the same rules, as an object, also after a
 * reload: whoever compares two rulesets of thousands of services looks into those alone that did.
 */
export function wantedRuleset({ services, redirectPort, strays, ruleset }: BalanceState): Ruleset {
  let byName: ReadonlyMap<string, ServiceRules> | undefined;
  const before = (name: string, place: number): ServiceRules | undefined => {
    const rules = ruleset?.services[place];
    if (rules?.name === name) return rules;
    byName ??= new Map(ruleset?.services.map((rules) => [rules.name, rules]));
    return byName.get(name);
  };
  return {
    strays: strayPolicy(strays),
    services: services.map((service, place) =>
      rememberedRules(service, redirectPort, () => before(service.service.name, place)),
    ),
  };
}

const remembered = new WeakMap<
  ServiceState,
  { readonly redirectPort: number | undefined; readonly rules: ServiceRules }
>();

function rememberedRules(
  state: ServiceState,
  redirectPort: number | undefined,
  findBefore: () => ServiceRules | undefined,
): ServiceRules {
  const known = remembered.get(state);
  if (known !== undefined && known.redirectPort === redirectPort) return known.rules;
  const wanted = wantedRules(state, redirectPort);
  const before = findBefore();
  const rules = before !== undefined && same(before, wanted) ? before : wanted;
  remembered.set(state, { redirectPort, rules });
  return rules;
}

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
    servers: service.servers.map(({ name, address }) => ({ name, address })),
    eligible: eligibleServers(state).map(({ server }) => ({ name: server.name, weight: server.weight })),
    sorry: service.sorry,
  };
}
