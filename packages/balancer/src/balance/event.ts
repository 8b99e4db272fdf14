import type { Admin, Health, Millis, Service } from "@vipair/model";
import type { StrayEvent } from "../stray/stray.js";

/** Facts that reach the balance. */
export type BalanceEvent =
  /** `now` has reached {@link nextDeadline}. */
  | { readonly type: "deadlineReached" }
  /** The outcome of the effect `probe` with the same round; answers of other rounds are ignored. */
  | {
      readonly type: "probeAnswered";
      readonly service: string;
      readonly server: string;
      readonly ok: boolean;
      readonly because: string;
      readonly round: number;
    }
  /** The operator drained, disabled or enabled a server. `deadline` counts from now, for draining only. */
  | {
      readonly type: "adminChanged";
      readonly service: string;
      readonly server: string;
      readonly admin: Admin;
      readonly deadline?: Millis | undefined;
    }
  /** The configuration was reloaded; servers that stay keep their health and admin state. */
  | { readonly type: "servicesReplaced"; readonly services: readonly Service[] }
  /** How the other node sees the servers, by `service/server`: a whole view, empty when the peer link closed. */
  | { readonly type: "peerHealthReceived"; readonly servers: Readonly<Record<string, Health>> }
  | StrayEvent;
