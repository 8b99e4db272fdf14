import { instantOf } from "@vipair/model";
import { describe, expect, it } from "vitest";
import { nextRouterDeadline } from "./deadline.js";
import { RouterRehearsal } from "./rehearsal.js";
import type { ActiveState, BackupState } from "./state.js";

const soon = instantOf(1);
const backup = RouterRehearsal.backup().state as BackupState;
const active = RouterRehearsal.active().state as ActiveState;

describe("next deadline", () => {
  it("is none in initialize", () => {
    expect(nextRouterDeadline(new RouterRehearsal().state)).toBeUndefined();
  });

  it.each<Partial<BackupState>>([{ activeDownAt: soon }, { balancerDeadline: soon }, { refusedUntil: soon }])(
    "of a backup minds %o",
    (deadline) => expect(nextRouterDeadline({ ...backup, ...deadline })).toBe(soon),
  );

  it.each<Partial<ActiveState>>([
    { adverAt: soon },
    { leaseUntil: soon },
    { addressesAt: soon },
    { announceAt: soon },
    { balancerDeadline: soon },
  ])("of an active node minds %o", (deadline) => {
    expect(nextRouterDeadline({ ...active, ...deadline })).toBe(soon);
  });
});
