import { explainResult, type HealthState, stepHealth, unknownHealth } from "@vipair/balancer";
import { type Sampled, type ServiceReport, type Track, type TrackReport, trackKey } from "@vipair/model";
import { atBeat } from "../pace.js";
import { askGateway } from "./gateway.js";
import type { Sample } from "./sample.js";
import { runScript } from "./script.js";
import { countServers } from "./service.js";

/**
 * Things outside the agent that the election tracks: gateways, scripts, the servers of a service. Interfaces are the
 * agent's own. A gateway or script is asked again and again, and believed as a server is: the first result decides,
 * later ones must come in a row.
 *
 *     gateway ──ARP, ND──┐
 *     script ──exit──────┼──► result ──rise, fall──► agent: failed or not ──► election: priority, eligibility
 *     service ──health───┘
 */
export interface Tracks {
  /** Every track that is looked at here. */
  report(): readonly TrackReport[];
  close(): void;
}

export interface TracksOptions {
  readonly tracks: readonly Track[];
  readonly services: () => readonly ServiceReport[];
  readonly changed: (track: string, ok: boolean) => void;
  /** Looks how many real servers are up. */
  readonly countServers: () => void;
}

const serviceEveryMs = 250;
const countEveryBeats = 2;

export function openTracks({ tracks, services, changed, countServers: count }: TracksOptions): Tracks {
  const standing = new Map<string, TrackReport>();
  const closers: (() => void)[] = [];
  const settle = (track: Track, ok: boolean, because: string): void => {
    const key = trackKey(track);
    const before = standing.get(key);
    standing.set(key, { track: key, ok, because, ...(track.weight === undefined ? {} : { weight: track.weight }) });
    if (before?.ok !== ok) changed(key, ok);
  };
  const watch = (track: Track & Sampled, look: () => Promise<Sample>): void => {
    let health: HealthState = unknownHealth;
    closers.push(
      repeat(track.interval, async () => {
        const { ok, because } = await look();
        health = stepHealth(health, ok, track);
        settle(track, health.health === "up", explainResult(health, because, track));
      }),
    );
  };
  for (const track of tracks) {
    switch (track.kind) {
      case "interface":
        break;
      case "gateway":
        watch(track, () => askGateway(track));
        break;
      case "script":
        watch(track, () => runScript(track.script, track.interval));
        break;
      case "service":
        closers.push(
          repeat(serviceEveryMs, async () => {
            const { ok, because } = countServers(track, services());
            settle(track, ok, because);
          }),
        );
    }
  }
  const counting = atBeat(count, countEveryBeats);
  count();
  closers.push(counting.close);
  return {
    report: () => [...standing.values()],
    close: () => {
      for (const close of closers) close();
    },
  };
}

/** Looks now, and an interval after each look began, but never before it has ended. */
function repeat(everyMs: number, look: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const run = async (): Promise<void> => {
    const startedAt = performance.now();
    await look();
    if (!closed) timer = setTimeout(run, Math.max(0, everyMs - (performance.now() - startedAt)));
  };
  timer = setTimeout(run, 0);
  return () => {
    closed = true;
    clearTimeout(timer);
  };
}
