import { brokenPromise } from "./promises.js";
import { type Faults, openingScene, type Rules, type Scene, successors } from "./scene.js";

/** What an exploration has found. */
export interface Exploration {
  /** Different scenes that were visited. */
  readonly states: number;
  /** Steps from one scene to another, those to a known one included. */
  readonly steps: number;
  /** The first broken promise, with the scenes that lead to it. */
  readonly broken: { readonly what: string; readonly path: readonly Scene[] } | undefined;
}

/**
 * The second node starts so many intervals after the first: the phases in which their heartbeats meet, and the distance that
 * the election keeps between two that wait for the same silence, so that here they find it at once.
 */
const offsets = [0, 0.03, 0.125, 0.5, 0.97, 6.3];

/**
 * Visits every scene that the two machines can reach with at most these faults, wherever they strike; there is no end to a
 * schedule but that nothing in it is new. Two scenes are one when they differ only in when they are, and in what no decision
 * depends on.
 */
export function explore(rules: Rules, left: Faults): Exploration {
  const known = new Set<number>();
  let steps = 0;
  const pending: Trail[] = offsets.map((offset) => ({ scene: openingScene(rules, left, offset), before: undefined }));
  for (let trail = pending.pop(); trail !== undefined; trail = pending.pop()) {
    for (const scene of successors(rules, trail.scene)) {
      steps += 1;
      const key = keyOf(scene, rules);
      if (known.has(key)) continue;
      known.add(key);
      const next = { scene, before: trail };
      const what = brokenPromise(rules, scene);
      if (what !== undefined) return { states: known.size, steps, broken: { what, path: pathTo(next) } };
      pending.push(next);
    }
  }
  return { states: known.size, steps, broken: undefined };
}

interface Trail {
  readonly scene: Scene;
  readonly before: Trail | undefined;
}

function pathTo(trail: Trail): readonly Scene[] {
  const path: Scene[] = [];
  for (let at: Trail | undefined = trail; at !== undefined; at = at.before) path.unshift(at.scene);
  return path;
}

/** Fields that hold a point in time, and those that decide nothing but when addresses are refreshed and announced. */
const instants = /(^at|At|Since|since|Until|Deadline)$/;
const idle = ["now", "activeSince", "announceSince", "announceAt", "announced", "addressesAt", "sent", "heard", "seq"];

/** What a field's name is to the hash. */
interface Field {
  readonly code: number;
  readonly isInstant: boolean;
  readonly isIdle: boolean;
}

const fields = new Map<string, Field>();
function fieldOf(name: string): Field {
  const known = fields.get(name);
  if (known !== undefined) return known;
  const field = { code: fields.size + 1, isInstant: instants.test(name), isIdle: idle.includes(name) };
  fields.set(name, field);
  return field;
}

/** 53 bits of hash: among 10 million scenes, two share one with a chance of about 1 in 200. */
function keyOf(scene: Scene, { configs }: Rules): number {
  const { now } = scene;
  /** Whatever is longer ago, or farther ahead, than anything that is waited for. */
  const longest = 20 * configs[0].interval;
  let low = 0x811c9dc5;
  let high = 0x9dc5811c;
  const mix = (word: number): void => {
    low = Math.imul(low ^ word, 0x01000193);
    low ^= low >>> 15;
    high = Math.imul(high ^ word, 0x5bd1e995);
    high ^= high >>> 13;
  };
  const absorb = (value: unknown, isInstant: boolean): void => {
    if (typeof value === "number") {
      mix(Math.round(100 * (isInstant ? Math.max(-longest, Math.min(longest, value - now)) : value)));
    } else if (typeof value === "string") mix(fieldOf(value).code);
    else if (typeof value === "boolean") mix(value ? 11 : 13);
    else if (value === undefined) mix(17);
    else if (value instanceof Set) for (const item of value) absorb(item, false);
    else if (Array.isArray(value)) {
      mix(value.length);
      for (const item of value) absorb(item, false);
    } else absorbFields(value as Record<string, unknown>);
  };
  const absorbFields = (value: Record<string, unknown>): void => {
    for (const name in value) {
      const { code, isInstant, isIdle } = fieldOf(name);
      if (isIdle) continue;
      mix(code);
      absorb(value[name], isInstant);
    }
  };
  absorbFields(scene as unknown as Record<string, unknown>);
  return (high >>> 0) * 0x20_0000 + ((low >>> 0) & 0x1f_ffff);
}
