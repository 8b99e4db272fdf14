import { availableParallelism } from "node:os";
import type { Stage } from "../stage/stage.js";
import { pause } from "../topology/clock.js";
import { Running } from "../topology/running.js";

export interface LoadResult {
  readonly seconds: number;
  /** Busy processes beside the pairs: one for each core. */
  readonly busyProcesses: number;
  readonly vipair: { readonly failovers: number };
  readonly keepalived: { readonly failovers: number };
}

/** Keeps every core busy for a while and counts the failovers that nobody asked for. */
export async function measureLoad(vipair: Stage, keepalived: Stage, forMs: number): Promise<LoadResult> {
  const before = await Promise.all([vipair.pair.takeovers(), keepalived.pair.takeovers()]);
  const count = availableParallelism();
  const busy = Array.from({ length: count }, () => new Running([process.execPath, "-e", "for (;;) {}"]));
  const end = (): void => {
    for (const running of busy) running.signalAll("SIGKILL");
  };
  process.once("exit", end);
  try {
    await pause(forMs);
  } finally {
    end();
    process.off("exit", end);
  }
  const after = await Promise.all([vipair.pair.takeovers(), keepalived.pair.takeovers()]);
  return {
    seconds: forMs / 1_000,
    busyProcesses: count,
    vipair: { failovers: after[0] - before[0] },
    keepalived: { failovers: after[1] - before[1] },
  };
}
