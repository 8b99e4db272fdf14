import type { Admin, Endpoint, Health, HealthCheck, Millis } from "@vipair/model";
import type { Ruleset } from "../ruleset/ruleset.js";

/** What the daemon performs, in the order given. */
export type BalanceEffect =
  /** Outcome: `probeAnswered` with the same round, always, also when the probe itself breaks. */
  | {
      readonly type: "probe";
      readonly service: string;
      readonly server: string;
      readonly address: Endpoint;
      /** At least one; all must pass. */
      readonly checks: readonly HealthCheck[];
      readonly timeout: Millis;
      readonly round: number;
    }
  /** The wanted ruleset changed. */
  | { readonly type: "applyRuleset"; readonly ruleset: Ruleset }
  | CutConnections
  /** What came here after a planned hand-over has ended: tell how much it was. */
  | { readonly type: "reportPassedOn" }
  | {
      readonly type: "reportHealth";
      readonly service: string;
      readonly server: string;
      readonly from: Health;
      readonly to: Health;
      readonly because: string;
    }
  | {
      readonly type: "reportAdmin";
      readonly service: string;
      readonly server: string;
      readonly from: Admin;
      readonly to: Admin;
      readonly deadline: Millis | undefined;
    };

/**
 * Connections of `mark` to `address` end now. Only UDP when the server went down or away: a UDP client never connects
 * anew, its flow would stick to the dead server for as long as it sends. Everything when the operator said so.
 */
export interface CutConnections {
  readonly type: "cutConnections";
  readonly service: string;
  readonly server: string;
  readonly address: Endpoint;
  /** The conntrack mark of the service. */
  readonly mark: number;
  readonly which: "udp" | "all";
  readonly reason: string;
}
