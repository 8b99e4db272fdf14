import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { writeWhole } from "@vipair/kernel";
import { elapsed, formatDuration, type Instant, millisOf, stabilityTrack, type TrackReport } from "@vipair/model";
import { z } from "zod";

/**
 * Whether this node keeps ending. One that did so three times in five minutes is held back until an operator releases it:
 * it is not ready, its priority is the least there is, and when it serves it hands over as soon as the peer can serve.
 * It remains eligible: with nobody else to serve, a node that may crash again serves better than none.
 *
 *     agent ended unasked ──────────────┐
 *     daemon found its file unclosed ───┴──▶ 3 within 5 min? ──▶ held ──▶ `vipair maintenance off`
 *
 * An end counts when whoever starts the process again is no human: the daemon does it for the agent, a service manager for
 * the daemon, which says so by `--supervised`. A start by hand begins with nothing counted.
 *
 * The file outlives a reboot, because a host may crash as a whole. Times are those of the clock since boot: after a crash
 * nobody knows what a wall clock shows, which may be years off until it is set. Between the last word in the file and the
 * next boot no time passes here. That makes ends of a former boot younger, but not by much: the file forgets each of them
 * when it is old, so one that is still in there was not.
 */
export interface Stability {
  /** Why the node is held back; `undefined`: it is not. */
  readonly held: string | undefined;
  /** The agent ended unasked. */
  agentEnded(): void;
  /** The daemon is up: from now on its end counts, unless it has called {@link stopped}. */
  started(): void;
  stopped(): void;
  /** Forgets all that was counted. */
  release(): void;
  /** Nothing while the node is not held back. */
  tracks(): readonly TrackReport[];
}

export interface StabilityOptions {
  readonly file: string;
  /** A service manager starts the daemon again when it has died. */
  readonly supervised: boolean;
  readonly clock: () => Instant;
  /** Which boot the clock counts from. */
  readonly boot: string;
  /** The node is held back from now on, because of this, or released. */
  readonly changed: (held: string | undefined) => void;
  /** Something that people should know. */
  readonly complain: (sentence: string) => void;
}

const most = 3;
const within = millisOf(300_000);

const schema = z.object({
  ends: z.array(z.number()).max(most),
  held: z.boolean(),
  running: z.boolean(),
  /** When this was written, and the boot from which it and the ends count. */
  at: z.number(),
  boot: z.string(),
});
type Written = z.output<typeof schema>;
type Account = Omit<Written, "at" | "boot">;
const because = `ended uncleanly ${most} times within ${formatDuration(within)}`;

const blank: Account = { ends: [], held: false, running: false };

export function openStability({ file, supervised, clock, boot, changed, complain }: StabilityOptions): Stability {
  let record: Account = supervised ? readRecord(file, boot) : blank;
  let forgetting: NodeJS.Timeout | undefined;

  const keep = (next: Account): void => {
    const before = heldBecause();
    record = next;
    try {
      mkdirSync(dirname(file), { recursive: true });
      const written: Written = { ...record, at: clock(), boot };
      writeWhole(file, JSON.stringify(written));
    } catch (error) {
      complain(`that this node ended cannot be remembered: ${(error as Error).message}`);
    }
    if (heldBecause() !== before) changed(heldBecause());
    forgetInTime();
  };
  const youngEnds = (now: Instant): number[] => record.ends.filter((end) => elapsed(end as Instant, now) <= within);
  const count = (): void => {
    const now = clock();
    const ends = [...youngEnds(now), now].slice(-most);
    keep({ ...record, ends, held: record.held || ends.length >= most });
  };
  /** What is old leaves the file as well: the next boot could not tell. */
  const forgetInTime = (): void => {
    clearTimeout(forgetting);
    const [oldest] = record.ends;
    if (oldest === undefined) return;
    const due = within - elapsed(oldest as Instant, clock()) + 1;
    forgetting = setTimeout(() => keep({ ...record, ends: youngEnds(clock()) }), Math.max(1, due));
    forgetting.unref();
  };
  const heldBecause = (): string | undefined =>
    record.held ? `this node ${because} and stays standby until \`vipair maintenance off\`` : undefined;

  return {
    get held() {
      return heldBecause();
    },
    agentEnded: count,
    started: () => {
      if (record.running) {
        complain("the daemon that ran before ended without stopping");
        count();
      }
      keep({ ...record, running: true });
    },
    stopped: () => {
      keep({ ...record, running: false });
      clearTimeout(forgetting);
    },
    release: () => {
      if (record.ends.length > 0 || record.held) keep({ ...blank, running: record.running });
    },
    tracks: () => (record.held ? [{ ...stabilityTrack, ok: false, because }] : []),
  };
}

/**
 * A file that says nothing, or nothing sensible, counts as none. Of another boot, ends are as old as they were when it was
 * written, and this boot's clock goes on from there.
 */
function readRecord(file: string, boot: string): Account {
  if (!existsSync(file)) return blank;
  try {
    const { at, boot: written, ends, ...rest } = schema.parse(JSON.parse(readFileSync(file, "utf8")));
    return { ...rest, ends: written === boot ? ends : ends.map((end) => end - at) };
  } catch {
    return blank;
  }
}
