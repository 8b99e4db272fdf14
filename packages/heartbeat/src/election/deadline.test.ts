import { instantOf } from "@vipair/model";
import { describe, expect, it } from "vitest";
import { nextDeadline } from "./deadline.js";
import { Rehearsal } from "./rehearsal.js";
import type { ActiveState, BackupState } from "./state.js";

const soon = instantOf(1);
const backup = Rehearsal.backup().state as BackupState;
const active = Rehearsal.active().state as ActiveState;

describe("next deadline", () => {
  it("is none in initialize", () => {
    expect(nextDeadline(new Rehearsal().state)).toBeUndefined();
  });

  it.each<Partial<BackupState>>([
    { heartbeatAt: soon },
    { activeDownAt: soon },
    { vacancy: { reason: "peerDied", at: soon } },
    { balancerDeadline: soon },
    { refusedUntil: soon },
  ])("of a backup minds %o", (deadline) => {
    expect(nextDeadline({ ...backup, ...deadline })).toBe(soon);
  });

  it.each<Partial<ActiveState>>([
    { heartbeatAt: soon },
    { leaseUntil: soon },
    { addressesAt: soon },
    { announceAt: soon },
    { balancerDeadline: soon },
    { yieldAt: soon },
  ])("of an active node minds %o", (deadline) => {
    expect(nextDeadline({ ...active, ...deadline })).toBe(soon);
  });
});
