import type { Millis, Reach } from "@vipair/model";

/**
 * What a node says about itself, `interval` after `interval`, on every path. Both nodes speak, not only the active one
 * as in RFC 9568: a pair has exactly one listener, and hearing the standby is what readiness, replay protection and
 * "do you hear me" rest on.
 */
export interface Heartbeat {
  readonly role: "backup" | "active";
  /** Effective priority, 1 to 254: what is left of the configured one after the failed tracks' weights. */
  readonly priority: number;
  /** Counts takeovers: every new active node takes the highest term it has seen, plus one. */
  readonly term: number;
  /** Advertisement interval of the sender. */
  readonly interval: Millis;
  /** The sender gives up ownership with this very heartbeat (RFC 9568: priority 0). */
  readonly resigning: boolean;
  /** With `resigning`: a hand-over that somebody asked for, not the end of an accident. */
  readonly planned: boolean;
  /** The sender could become active: not in maintenance, no decisive track failed, not refused by its kernel. */
  readonly eligible: boolean;
  /** Rules, connections and health are in step: nothing would be lost by a planned hand-over. */
  readonly ready: boolean;
  readonly maintenance: boolean;
  /** The sender heard the receiver within its own active down interval. */
  readonly hearing: boolean;
  /** The sender is a standby that asks the active node to hand over: it reaches more, or is preferred (preemption). */
  readonly claiming: boolean;
  /** What the sender reaches; `undefined`: it does not say, because it is older or counts by another configuration. */
  readonly reach: Reach | undefined;
}
