import type { FlowWatch, Followed } from "@vipair/kernel";
import type { Role } from "@vipair/model";

/**
 * How much of the kernel's events is worth hearing: each costs the kernel and this process some microseconds.
 *
 *     standby                              what it lost of its copies: ends
 *     active, with a standby to tell       everything
 *     active, the link is down             everything for a minute: a standby that comes back continues where it was
 *     active, nobody is there to be told   nothing: whoever comes is told from a dump
 */
export interface Attention {
  /** False while nothing is heard. */
  readonly heard: boolean;
  roleChanged(role: Role): void;
  /** Call it before anything is said on the link. */
  linkOpened(): void;
  linkClosed(): void;
  close(): void;
}

export interface AttentionOptions {
  readonly watching: Pick<FlowWatch, "follow">;
  /** A time in which nothing is heard begins, or is over. */
  readonly turned: () => void;
  /** How long a link may be down until nobody is expected on it. */
  readonly outageMs?: number;
}

export function openAttention({ watching, turned, outageMs = 60_000 }: AttentionOptions): Attention {
  let role: Role = "initialize";
  let expected = false;
  let outage: NodeJS.Timeout | undefined;
  let followed: Followed = "ends";

  const attend = (): void => {
    const before = followed;
    followed = role !== "active" ? "ends" : expected ? "everything" : "nothing";
    if (followed === before) return;
    watching.follow(followed);
    if (before === "nothing" || followed === "nothing") turned();
  };
  watching.follow(followed);

  return {
    get heard() {
      return followed !== "nothing";
    },
    roleChanged: (next) => {
      role = next;
      attend();
    },
    linkOpened: () => {
      clearTimeout(outage);
      expected = true;
      attend();
    },
    linkClosed: () => {
      clearTimeout(outage);
      outage = setTimeout(() => {
        expected = false;
        attend();
      }, outageMs).unref();
    },
    close: () => clearTimeout(outage),
  };
}
