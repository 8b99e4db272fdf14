import { readFileSync } from "node:fs";
import { bootClock } from "@vipair/kernel";
import { elapsed, type Instant, type Millis, millisOf } from "@vipair/model";

/** A node's two clocks at one moment: what o'clock it is for people, and the one that nobody sets. */
export interface ClockReading {
  /** Milliseconds since 1970-01-01 UTC. */
  readonly wall: number;
  readonly instant: Instant;
  /** Which boot `instant` counts from. */
  readonly boot: string;
}

export type NodeClock = () => ClockReading;

/** @throws Error when the kernel does not say which boot this is */
export function openNodeClock(): NodeClock {
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return () => ({ wall: Date.now(), instant: bootClock(), boot });
}

/** How the peer's clocks stand to this node's. */
export interface ClockOffset {
  /** Both clocks at the same moment, but for the uncertainty. */
  readonly own: ClockReading;
  readonly peer: ClockReading;
  /** Half of the round trip in which they were read. */
  readonly uncertainty: Millis;
}

const rounds = 5;

/**
 * Asks the peer for its clocks a few times, and takes the quickest answer: the peer read them between question and answer,
 * so the middle is off by half the round trip at most. Rejects as `ask` does.
 */
export async function measureOffset(clock: NodeClock, ask: () => Promise<ClockReading>): Promise<ClockOffset> {
  let best: ClockOffset | undefined;
  for (let round = 0; round < rounds; round++) {
    const before = clock();
    const peer = await ask();
    const uncertainty = millisOf(elapsed(before.instant, clock().instant) / 2);
    if (best !== undefined && uncertainty >= best.uncertainty) continue;
    const own = { ...before, wall: before.wall + uncertainty, instant: (before.instant + uncertainty) as Instant };
    best = { own, peer, uncertainty };
  }
  return best as ClockOffset;
}
