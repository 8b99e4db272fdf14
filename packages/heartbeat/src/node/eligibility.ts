import type { Role } from "@vipair/model";
import type { NodeConfig } from "./config.js";
import type { NodeStanding } from "./standing.js";

type NodeState = NodeStanding & { readonly role: Role };

/** Whether the node could become or stay active. */
export function isEligible(config: NodeConfig, state: NodeState): boolean {
  return (
    state.role !== "initialize" &&
    !state.maintenance &&
    state.balancerDeadline !== undefined &&
    state.refusedUntil === undefined &&
    failedDecisiveTrack(config, state) === undefined
  );
}

/** Why the node may not be active: one phrase for each reason, for people; empty when it is eligible. */
export function obstacles(config: NodeConfig, state: NodeState): readonly string[] {
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
export function failedDecisiveTrack(config: NodeConfig, state: NodeStanding): string | undefined {
  for (const track of state.failedTracks) if (isDecisive(config, track)) return track;
  return undefined;
}

/** The configured priority without the weights of failed tracks, 1 to 254. */
export function effectivePriority(config: NodeConfig, state: NodeStanding): number {
  let priority = config.priority;
  for (const track of state.failedTracks) priority -= config.tracks.get(track) ?? 0;
  return Math.min(254, Math.max(1, priority));
}

const isDecisive = (config: NodeConfig, track: string): boolean =>
  config.tracks.has(track) && config.tracks.get(track) === undefined;
