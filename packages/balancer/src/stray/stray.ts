import { after, type Instant, type Millis, millisOf } from "@vipair/model";

/**
 * What becomes of packets of connections that this node's kernel does not know. After a failover they may be ahead of
 * their connection: dropped, they are sent again and find it. Once nothing of the former owner can be on its way any
 * more, their connection is lost, and both ends are told so instead of being left to wait.
 *
 *                 taken                      certain
 *     standby ───────────▶ active: drop ───────────────▶ active: reset
 *      ▲   ▲                    │                             │
 *      │   └──── lost ──────────┴─────────────────────────────┤
 *      └── until ── passing: passOn ◀──── lost as planned ────┘
 *
 * Certain is what came about at least `quiet` ago and is settled: the peer's link is closed, or the peer follows this
 * node and has compared what it holds. A link that neither closes nor speaks is not waited for beyond `patience`.
 */
export interface StrayState {
  readonly standing: Standing;
  /** Nothing that the peer knew of connections can be on its way to this node. */
  readonly settled: boolean;
}

type Standing =
  | { readonly type: "standby" }
  | { readonly type: "active"; readonly since: Instant; readonly certain: boolean }
  | { readonly type: "passing"; readonly until: Instant };

/** For the ruleset. `passOn` drops as well, and counts the frames that still come here and are translated. */
export type StrayPolicy = "drop" | "reset" | "passOn";

export type StrayEvent =
  | OwnershipEvent
  /** See {@link StrayState.settled}. */
  | { readonly type: "peerSettled"; readonly settled: boolean };

export type OwnershipEvent =
  /** This node owns the addresses now. */
  | { readonly type: "ownershipTaken" }
  /** It does not own them any more. Planned: its kernel translates for a while what still comes here. */
  | { readonly type: "ownershipLost"; readonly planned: boolean };

/** Longer than stray frames linger at the former owner, which sends what they bring about. */
const quiet: Millis = millisOf(2_000);
/** Longer than a link takes to notice that its other end is gone. */
const patience: Millis = millisOf(8_000);
/** How long the agent's lease lets traffic pass after a planned hand-over, and a little more. */
const passOnFor: Millis = millisOf(1_500);

export const initialStrays: StrayState = { standing: { type: "standby" }, settled: false };

export function stepStrays(state: StrayState, event: StrayEvent, now: Instant): StrayState {
  switch (event.type) {
    case "ownershipTaken":
      return { ...state, standing: { type: "active", since: now, certain: false } };
    case "ownershipLost":
      return { ...state, standing: lose(state.standing, event.planned, now) };
    case "peerSettled":
      return reachStrayDeadline({ ...state, settled: event.settled }, now);
  }
}

/** When {@link reachStrayDeadline} is due. */
export function strayDeadline({ standing, settled }: StrayState): Instant | undefined {
  switch (standing.type) {
    case "standby":
      return undefined;
    case "passing":
      return standing.until;
    case "active":
      return standing.certain ? undefined : after(standing.since, settled ? quiet : patience);
  }
}

/** Changes nothing before the deadline. What is certain stays so: whatever the peer says later, it owned nothing. */
export function reachStrayDeadline(state: StrayState, now: Instant): StrayState {
  const deadline = strayDeadline(state);
  if (deadline === undefined || deadline > now) return state;
  const { standing } = state;
  return { ...state, standing: standing.type === "active" ? { ...standing, certain: true } : { type: "standby" } };
}

export function strayPolicy({ standing }: StrayState): StrayPolicy {
  switch (standing.type) {
    case "standby":
      return "drop";
    case "passing":
      return "passOn";
    case "active":
      return standing.certain ? "reset" : "drop";
  }
}

function lose(standing: Standing, planned: boolean, now: Instant): Standing {
  if (standing.type !== "active") return standing;
  return planned ? { type: "passing", until: after(now, passOnFor) } : { type: "standby" };
}
