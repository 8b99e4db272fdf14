import { after, type Health, type Instant, serverKey } from "@vipair/model";
import { explainResult, stepHealth } from "../health/health.js";
import { sameRuleset } from "../ruleset/ruleset.js";
import { reachStrayDeadline, type StrayState, stepStrays, strayPolicy } from "../stray/stray.js";
import { cutAll, cutUdp } from "./cut.js";
import { isDue } from "./deadline.js";
import type { BalanceEffect } from "./effect.js";
import type { BalanceEvent } from "./event.js";
import { nextProbe } from "./probeTimes.js";
import { replaceServices } from "./replace.js";
import type { BalanceState, ServerState, ServiceState } from "./state.js";
import { wantedRuleset } from "./wanted.js";

export interface BalanceStep {
  readonly state: BalanceState;
  readonly effects: readonly BalanceEffect[];
}

type EventOf<T extends BalanceEvent["type"]> = Extract<BalanceEvent, { type: T }>;

/** One event in, the next state and what to do out. Events about servers that are not there change nothing. */
export function stepBalance(state: BalanceState, event: BalanceEvent, now: Instant): BalanceStep {
  const step = stepEvent(state, event, now);
  return mayChangeRuleset(state, event, step) ? askForRuleset(state, step) : step;
}

function stepEvent(state: BalanceState, event: BalanceEvent, now: Instant): BalanceStep {
  switch (event.type) {
    case "deadlineReached":
      return reachDeadlines(state, now);
    case "probeAnswered":
      return takeAnswer(state, event, now);
    case "adminChanged":
      return changeAdmin(state, event, now);
    case "servicesReplaced":
      return replaceServices(state, event.services, now);
    case "peerHealthReceived":
      return { state: takePeerHealth(state, event.servers), effects: [] };
    case "ownershipTaken":
    case "ownershipLost":
    case "peerSettled":
      return changeStrays(state, stepStrays(state.strays, event, now));
  }
}

/** Probes come and go all the time; only those that change a server's health can change the ruleset. */
function mayChangeRuleset(before: BalanceState, event: BalanceEvent, { state, effects }: BalanceStep): boolean {
  if (before.ruleset === undefined) return true;
  switch (event.type) {
    case "deadlineReached":
    case "ownershipTaken":
    case "ownershipLost":
    case "peerSettled":
      return strayPolicy(before.strays) !== strayPolicy(state.strays);
    case "probeAnswered":
      return effects.some((effect) => effect.type === "reportHealth");
    case "adminChanged":
    case "servicesReplaced":
    case "peerHealthReceived":
      return true;
  }
}

/** Connections are cut after the ruleset changed, or their next packet would bring them back to where they were. */
function askForRuleset(before: BalanceState, { state, effects }: BalanceStep): BalanceStep {
  const ruleset = wantedRuleset(before, state);
  if (state.ruleset !== undefined && sameRuleset(state.ruleset, ruleset)) return { state, effects };
  const isCut = (effect: BalanceEffect) => effect.type === "cutConnections";
  const first = effects.filter((effect) => !isCut(effect));
  const behind = effects.filter(isCut);
  return { state: { ...state, ruleset }, effects: [...first, { type: "applyRuleset", ruleset }, ...behind] };
}

function reachDeadlines(state: BalanceState, now: Instant): BalanceStep {
  const { state: stepped, effects: about } = changeStrays(state, reachStrayDeadline(state.strays, now));
  const effects: BalanceEffect[] = [...about];
  let round = state.round;
  const reach: ServerChange = (server, service) => {
    let reached = server;
    if (server.drainUntil !== undefined && server.drainUntil <= now) {
      effects.push(cutAll(service, server, "the drain deadline passed"));
      reached = { ...reached, drainUntil: undefined };
    }
    if (server.probing.type === "waiting" && server.probing.due <= now) {
      round += 1;
      effects.push(...startProbe(service, server, round));
      reached = { ...reached, probing: { type: "running", round, since: now } };
    }
    return reached;
  };
  const next = mapServers(stepped, reach, (service) => isDue(service, now));
  return { state: { ...next, round }, effects };
}

function changeStrays(state: BalanceState, strays: StrayState): BalanceStep {
  const ended = state.strays.standing.type === "passing" && strays.standing.type !== "passing";
  return { state: { ...state, strays }, effects: ended ? [{ type: "reportPassedOn" }] : [] };
}

function startProbe({ service }: ServiceState, { server }: ServerState, round: number): readonly BalanceEffect[] {
  if (service.kind !== "balanced") return [];
  const { name, health, timeout } = service;
  return [
    { type: "probe", service: name, server: server.name, address: server.address, checks: health, timeout, round },
  ];
}

function takeAnswer(state: BalanceState, event: EventOf<"probeAnswered">, now: Instant): BalanceStep {
  const effects: BalanceEffect[] = [];
  const next = mapServer(state, event, (before, parent) => {
    const { probing, probeTimes } = before;
    const { service } = parent;
    if (probing.type !== "running" || probing.round !== event.round) return before;
    if (service.kind !== "balanced" || probeTimes === undefined) return before;
    const health = stepHealth(before.health, event.ok, service);
    const because = explainResult(health, event.because, service);
    if (health.health !== before.health.health) {
      const { service: name, server } = event;
      const change = { from: before.health.health, to: health.health };
      effects.push({ type: "reportHealth", service: name, server, ...change, because });
      if (health.health === "down") effects.push(...cutUdp(parent, before, because));
    }
    return { ...before, health, because, probing: { type: "waiting", due: nextProbe(probing.since, now, probeTimes) } };
  });
  return { state: next, effects };
}

function changeAdmin(state: BalanceState, event: EventOf<"adminChanged">, now: Instant): BalanceStep {
  const effects: BalanceEffect[] = [];
  const { service, server, admin } = event;
  const deadline = admin === "draining" ? event.deadline : undefined;
  const next = mapServer(state, event, (before, parent) => {
    const drainUntil = deadline === undefined ? undefined : after(now, deadline);
    if (before.admin === admin && before.drainUntil === undefined && drainUntil === undefined) return before;
    effects.push({ type: "reportAdmin", service, server, from: before.admin, to: admin, deadline });
    if (admin === "disabled") effects.push(cutAll(parent, before, "the operator disabled the server"));
    return { ...before, admin, drainUntil };
  });
  return { state: next, effects };
}

const takePeerHealth = (state: BalanceState, servers: Readonly<Record<string, Health>>): BalanceState =>
  mapServers(state, (server, { service }) => {
    const peerHealth = servers[serverKey(service.name, server.server.name)];
    return server.peerHealth === peerHealth ? server : { ...server, peerHealth };
  });

type ServerChange = (server: ServerState, service: ServiceState) => ServerState;

function mapServer(state: BalanceState, at: { service: string; server: string }, change: ServerChange): BalanceState {
  const services = state.services.map((service) =>
    service.service.name === at.service
      ? { ...service, servers: service.servers.map((s) => (s.server.name === at.server ? change(s, service) : s)) }
      : service,
  );
  return { ...state, services };
}

function mapServers(
  state: BalanceState,
  change: ServerChange,
  concerns: (service: ServiceState) => boolean = () => true,
): BalanceState {
  const services = state.services.map((service) => {
    if (!concerns(service)) return service;
    const servers = service.servers.map((server) => change(server, service));
    return servers.every((server, i) => server === service.servers[i]) ? service : { ...service, servers };
  });
  return { ...state, services };
}
