import { elapsed, type Instant, type Millis } from "@vipair/model";

/**
 * Tells of each path that falls silent while another one speaks, and of its return. That the peer is silent everywhere is
 * for the election to judge, and no path's fault; when it is back, its paths have the time of a silence to speak again.
 */
export interface PathAlarm {
  /** Looks at all paths now. */
  look(now: Instant): void;
}

/** When the peer was last heard on a path, if ever. */
export interface WatchedPath {
  readonly name: string;
  readonly heardAt: Instant | undefined;
}

export interface PathAlarmOptions {
  readonly paths: () => readonly WatchedPath[];
  /** A path on which nothing came for this long is silent. */
  readonly silence: Millis;
  /** `others`: paths on which the peer is heard. */
  readonly changed: (path: string, up: boolean, others: readonly string[]) => void;
}

export function openPathAlarm({ paths, silence, changed }: PathAlarmOptions): PathAlarm {
  const broken = new Set<string>();
  /** Since when the peer is heard on some path without a break. */
  let heardSince: Instant | undefined;
  return {
    look: (now) => {
      const isUp = ({ heardAt }: WatchedPath): boolean => heardAt !== undefined && elapsed(heardAt, now) <= silence;
      const all = paths();
      const up = all.filter(isUp).map(({ name }) => name);
      heardSince = up.length === 0 ? undefined : (heardSince ?? now);
      if (heardSince === undefined) return;
      const isSettled = elapsed(heardSince, now) > silence;
      for (const { name } of all) {
        const isHeard = up.includes(name);
        if (isHeard !== broken.has(name) || (!isHeard && !isSettled)) continue;
        if (isHeard) broken.delete(name);
        else broken.add(name);
        changed(
          name,
          isHeard,
          up.filter((other) => other !== name),
        );
      }
    },
  };
}
