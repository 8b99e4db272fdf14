import type { AgentReport } from "@vipair/agent";
import { stabilityTrack, type TrackReport } from "@vipair/model";
import type { Journal } from "../event/journal.js";

/**
 * Makes an event of every track that fails or recovers, with what that means for the node. Stability is none of them: the
 * agent is told of it, and what it means is told by who counted.
 */
export interface Failures {
  reported(report: Pick<AgentReport, "failedTracks" | "priority" | "eligible">, tracks: readonly TrackReport[]): void;
}

export function openFailures(journal: Pick<Journal, "record">): Failures {
  let failed: ReadonlySet<string> = new Set();
  return {
    reported: ({ failedTracks, priority, eligible }, tracks) => {
      const now = new Set(failedTracks.filter((track) => track !== stabilityTrack.track));
      const changed = [...now].filter((track) => !failed.has(track));
      const recovered = [...failed].filter((track) => !now.has(track));
      failed = now;
      const meaning = eligible ? `priority is ${priority}` : "this node may not be active";
      for (const [track, ok] of [
        ...changed.map((t) => [t, false] as const),
        ...recovered.map((t) => [t, true] as const),
      ]) {
        const because = tracks.find((one) => one.track === track)?.because;
        const what = `${track} ${ok ? "recovered" : "failed"}${because === undefined ? "" : ` (${because})`}`;
        journal.record("trackChanged", `${what}: ${meaning}`, { track, ok, priority, eligible });
      }
    },
  };
}
