import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
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
 * the daemon, which says so by `--supervised`. A start by hand begins with nothing counted. The file is beside the control
 * socket, and goes with the boot; so times are those of the clock since boot.
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
  /** The node is held back from now on, because of this, or released. */
  readonly changed: (held: string | undefined) => void;
  /** Something that people should know. */
  readonly complain: (sentence: string) => void;
}

const most = 3;
const within = millisOf(300_000);

const schema = z.object({ ends: z.array(z.number()).max(most), held: z.boolean(), running: z.boolean() });
type Account = z.output<typeof schema>;
const because = `ended uncleanly ${most} times within ${formatDuration(within)}`;

const blank: Account = { ends: [], held: false, running: false };

export function openStability({ file, supervised, clock, changed, complain }: StabilityOptions): Stability {
  let record: Account = supervised ? readRecord(file) : blank;

  const keep = (next: Account): void => {
    const before = heldBecause();
    record = next;
    try {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, JSON.stringify(record));
    } catch (error) {
      complain(`that this node ended cannot be remembered: ${(error as Error).message}`);
    }
    if (heldBecause() !== before) changed(heldBecause());
  };
  const count = (): void => {
    const now = clock();
    const ends = [...record.ends, now].filter((end) => elapsed(end as Instant, now) <= within).slice(-most);
    keep({ ...record, ends, held: record.held || ends.length >= most });
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
    stopped: () => keep({ ...record, running: false }),
    release: () => {
      if (record.ends.length > 0 || record.held) keep({ ...blank, running: record.running });
    },
    tracks: () => (record.held ? [{ ...stabilityTrack, ok: false, because }] : []),
  };
}

/** A file that says nothing, or nothing sensible, counts as none. */
function readRecord(file: string): Account {
  if (!existsSync(file)) return blank;
  try {
    return schema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return blank;
  }
}
