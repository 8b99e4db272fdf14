import type { ElectionConfig } from "./config.js";
import type { ElectionState, Standing } from "./state.js";

/** Whether the node could become or stay active. */
export function isEligible(config: ElectionConfig, state: ElectionState): boolean {
  return (
    state.role !== "initialize" &&
    !state.maintenance &&
    state.balancerDeadline !== undefined &&
    state.refusedUntil === undefined &&
    failedDecisiveTrack(config, state) === undefined
  );
}

/** Why the node may not be active: one phrase for each reason, for people; empty when it is eligible. */
export function obstacles(config: ElectionConfig, state: ElectionState): readonly string[] {
  const decisive = [...state.failedTracks].filter((track) => isDecisive(config, track));
  return [
    ...(state.role === "initialize" ? ["the node has not started"] : []),
    ...(state.maintenance ? ["the node is in maintenance"] : []),
    ...(state.role !== "initialize" && state.balancerDeadline === undefined ? ["the balancer is not heard"] : []),
    ...(state.refusedUntil === undefined ? [] : ["the kernel refused the lease or an address"]),
    ...decisive.map((track) => `${track} failed`),
  ];
}

/** A failed track without which the node may not be active. */
export function failedDecisiveTrack(config: ElectionConfig, state: Standing): string | undefined {
  for (const track of state.failedTracks) if (isDecisive(config, track)) return track;
  return undefined;
}

/** The configured priority without the weights of failed tracks, 1 to 254. */
export function effectivePriority(config: ElectionConfig, state: Standing): number {
  let priority = config.priority;
  for (const track of state.failedTracks) priority -= config.tracks.get(track) ?? 0;
  return Math.min(254, Math.max(1, priority));
}

const isDecisive = (config: ElectionConfig, track: string): boolean =>
  config.tracks.has(track) && config.tracks.get(track) === undefined;
