import type { Ruleset, ServiceRules } from "../ruleset/ruleset.js";
import { strayPolicy } from "../stray/stray.js";
import { eligibleServers } from "./eligible.js";
import type { BalanceState, ServiceState } from "./state.js";

/** The ruleset that follows from the state. */
export const wantedRuleset = ({ services, redirectPort, strays }: BalanceState): Ruleset => ({
  strays: strayPolicy(strays),
  services: services.map((service) => wantedRules(service, redirectPort)),
});

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
