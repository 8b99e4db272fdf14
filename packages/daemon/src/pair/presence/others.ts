import type { Sighting } from "@vipair/kernel";
import { after, elapsed, type Instant, type IpAddress, type Millis, millisOf } from "@vipair/model";

/** Somebody else who answers for an address of ours. */
export interface Other {
  readonly address: IpAddress;
  readonly interface: string;
  readonly mac: string;
  readonly since: Instant;
}

/** What is to be told of another one, or done about him. */
export type OthersEffect =
  | { readonly type: "tell"; readonly other: Other; readonly lasted: Millis }
  | { readonly type: "tellOver"; readonly other: Other; readonly lasted: Millis }
  /** RFC 5227 § 2.4 (c): a host that never gives its address up may defend it once in DEFEND_INTERVAL. */
  | { readonly type: "defend" };

/** Who else answers for the addresses: told when it is certain, then more and more rarely as long as it lasts, and when it is over. */
export interface Others {
  seen(interfaceName: string, sighting: Sighting, now: Instant): OthersEffect[];
  /** Time passes. */
  look(now: Instant): OthersEffect[];
  /** Somebody else answers now. */
  readonly any: boolean;
  /** Those who have been told, and are not over. */
  told(): readonly Other[];
}

/** RFC 5227 § 1.1: DEFEND_INTERVAL. */
const defendInterval = millisOf(10_000);
/** Asked once a second meanwhile: so long without an answer, and it is over. */
const overAfter = millisOf(5_000);
/**
 * Told no sooner: when ownership has just passed on, the new owner's announcement may come here before the agent's word that
 * this node is active no more.
 */
const certainAfter = millisOf(250);
const firstPause = millisOf(60_000);
const longestPause = millisOf(3_600_000);

export function openOthers(): Others {
  const others = new Map<string, Known>();
  let defendedAt: Instant | undefined;

  const defend = (now: Instant): OthersEffect[] => {
    if (defendedAt !== undefined && elapsed(defendedAt, now) < defendInterval) return [];
    defendedAt = now;
    return [{ type: "defend" }];
  };
  const tell = (known: Known, lasted: Millis, now: Instant): OthersEffect[] => {
    known.told = true;
    known.tellAt = after(now, known.pause);
    known.pause = millisOf(Math.min(longestPause, 2 * known.pause));
    return [{ type: "tell", other: known.other, lasted }, ...defend(now)];
  };
  return {
    seen: (name, sighting, now) => {
      if (sighting.type !== "answer") return [];
      const { address, mac } = sighting;
      const key = `${name} ${address.text} ${mac}`;
      const known = others.get(key) ?? {
        other: { address, interface: name, mac, since: now },
        heardAt: now,
        tellAt: after(now, certainAfter),
        told: false,
        pause: firstPause,
      };
      others.set(key, known);
      known.heardAt = now;
      if (!known.told) return [];
      return now < known.tellAt ? defend(now) : tell(known, elapsed(known.other.since, now), now);
    },
    look: (now) => {
      const untold = [...others.values()].filter(({ told, tellAt }) => !told && now >= tellAt);
      const certain = untold.flatMap((known) => tell(known, millisOf(0), now));
      const over = [...others].filter(([, { heardAt }]) => elapsed(heardAt, now) >= overAfter);
      const ended = over.map(([key, { other, heardAt }]): OthersEffect => {
        others.delete(key);
        return { type: "tellOver", other, lasted: elapsed(other.since, heardAt) };
      });
      return [...certain, ...ended];
    },
    get any() {
      return others.size > 0;
    },
    told: () => [...others.values()].flatMap(({ told, other }) => (told ? [other] : [])),
  };
}

/** `02:00:00:00:00:65 answers for 198.51.100.10 on eth0 too` */
export function othersSentence({ type, other, lasted }: Exclude<OthersEffect, { type: "defend" }>): string {
  const where = `${other.address.text} on ${other.interface}`;
  const span = `${(lasted / 1_000).toFixed(1)} s`;
  if (type === "tellOver") return `${other.mac} no longer answers for ${where}, after ${span}`;
  return `${other.mac} answers for ${where} too${lasted > 0 ? `, for ${span} now` : ""}`;
}

interface Known {
  readonly other: Other;
  heardAt: Instant;
  tellAt: Instant;
  told: boolean;
  /** Until it is told again. */
  pause: Millis;
}
