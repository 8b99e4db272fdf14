import type { Endpoint, Mode, Persistence, Scheduler } from "@vipair/model";
import type { StrayPolicy } from "../stray/stray.js";

/** What the kernel must do with packets to our services: a value, rendered for nft by {@link renderRuleset}. */
export interface Ruleset {
  readonly strays: StrayPolicy;
  readonly services: readonly ServiceRules[];
}

export type ServiceRules = BalancedRules | RedirectRules;

export interface BalancedRules {
  readonly kind: "balanced";
  readonly name: string;
  readonly listen: Endpoint;
  readonly mode: Mode;
  readonly scheduler: Scheduler;
  readonly persistence: Persistence | undefined;
  /** The whole conntrack mark of its connections. */
  readonly mark: number;
  /** All servers, whether they get new connections or not. */
  readonly servers: readonly ServerTarget[];
  /** The servers that get new connections now, in the order of `servers`. */
  readonly eligible: readonly EligibleServer[];
  /** Gets new connections while `eligible` is empty. */
  readonly sorry: Endpoint | undefined;
}

/** Connections end on this node, so they carry no mark: there is nothing to hand over to the peer. */
export interface RedirectRules {
  readonly kind: "redirect";
  readonly name: string;
  readonly listen: Endpoint;
  /** The local TCP port that answers; without one, connections are refused. */
  readonly port: number | undefined;
}

export interface ServerTarget {
  readonly name: string;
  readonly address: Endpoint;
}

export interface EligibleServer {
  readonly name: string;
  /** At least 1. */
  readonly weight: number;
}

/** Whether two rulesets ask the same of the kernel. */
export const sameRuleset = (a: Ruleset, b: Ruleset): boolean =>
  a.strays === b.strays &&
  a.services.length === b.services.length &&
  a.services.every((service, i) => same(service, b.services[i]));

/** Equality of plain values: numbers, strings, and arrays and objects of such. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => same(a[key], b[key]));
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;
