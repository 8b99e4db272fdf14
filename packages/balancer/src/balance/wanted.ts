import type { Ruleset, ServiceRules } from "../ruleset/ruleset.js";
import { strayPolicy } from "../stray/stray.js";
import { eligibleServers } from "./eligible.js";
import type { BalanceState, ServiceState } from "./state.js";

/**
 * The ruleset that follows from the state. A service that did not change has the same rules, as an object: whoever compares
 * two rulesets of thousands of services looks into those alone that did.
 */
export const wantedRuleset = ({ services, redirectPort, strays }: BalanceState): Ruleset => ({
  strays: strayPolicy(strays),
  services: services.map((service) => rememberedRules(service, redirectPort)),
});

const remembered = new WeakMap<
  ServiceState,
  { readonly redirectPort: number | undefined; readonly rules: ServiceRules }
>();

function rememberedRules(state: ServiceState, redirectPort: number | undefined): ServiceRules {
  const known = remembered.get(state);
  if (known !== undefined && known.redirectPort === redirectPort) return known.rules;
  const rules = wantedRules(state, redirectPort);
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
