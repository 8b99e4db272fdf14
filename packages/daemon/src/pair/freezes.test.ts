import type { RoleChange } from "@vipair/agent";
import { type FreezeReport, type Instant, instantOf, type NodeReport } from "@vipair/model";
import { expect, it } from "vitest";
import { openJournal } from "../event/journal.js";
import { nodeReport } from "./example.fixture.js";
import { openFreezes } from "./freezes.js";

const reading = () => ({ wall: Date.parse("2026-01-01T00:00:10.321Z"), instant: instantOf(10_321), boot: "b2" });

/** The pair's survivor is lb2; lb1 was frozen from 10 s to 12.8 s of lb2's clock, and tells so at 13 s. */
function open(node = "lb2") {
  const journal = openJournal({ node, clock: reading, told: () => undefined });
  let now: Instant = instantOf(13_000);
  const freezes = openFreezes({ node, journal, clock: () => now, changed: () => undefined });
  return {
    freezes,
    journal,
    said: () => journal.events().filter(({ kind }) => kind === "frozen"),
    at: (ms: number) => {
      now = instantOf(ms);
    },
    takeover: (at: number, reason: RoleChange["reason"] = "silence") => {
      journal.record("roleChanged", "backup → active");
      freezes.roleChanged({
        at: instantOf(at),
        from: "backup",
        to: "active",
        reason,
        term: 2,
        tookMs: 1,
        heardMs: 321,
      });
      return journal.events().at(-1)?.at;
    },
  };
}
/** A wall clock that is years apart changes nothing. */
const frozen: FreezeReport = { at: "1999-12-31T23:59:59.000Z", agoMs: 200, lastedMs: 2_800, cause: "stopped" };
const report = (of: FreezeReport): NodeReport => ({ ...nodeReport, node: "lb1", frozen: of });

it("explains the silence by which this node took over, and says so as long as it serves for that reason", () => {
  const { freezes, said, takeover } = open();
  const silenceAt = takeover(10_321);
  freezes.peerReported(report(frozen));
  expect(said()).toMatchObject([
    { message: expect.stringMatching(/^lb1 was frozen for 2\.8 s \(stopped\): that was the silence of [\d:.]{12}$/) },
  ]);
  expect(said()[0]?.detail).toEqual({ frozen: "lb1", lastedMs: 2_800, cause: "stopped", silenceAt });
  expect(freezes.explanation()).toBe("lb1 was frozen for 2.8 s (stopped)");
  takeover(20_000, "handover");
  expect(freezes.explanation()).toBeUndefined();
});

it.each([
  ["before the freeze", 9_000, "silence"],
  ["after it", 14_000, "silence"],
  ["for another reason", 10_321, "peerDied"],
] as const)("explains no takeover %s", (_title, at, reason) => {
  const { freezes, said, takeover } = open();
  takeover(at, reason);
  freezes.peerReported(report(frozen));
  expect(said().map(({ message }) => message)).toEqual(["lb1 was frozen for 2.8 s (stopped)"]);
  expect(freezes.explanation()).toBeUndefined();
});

it("says each freeze of the peer once, however often it is reported", () => {
  const { freezes, said, at } = open();
  freezes.peerReported(report(frozen));
  at(14_000);
  freezes.peerReported(report({ ...frozen, agoMs: 1_200 }));
  freezes.peerReported(undefined);
  freezes.peerReported(report({ ...frozen, agoMs: 1_300 }));
  expect(said()).toHaveLength(1);
  freezes.peerReported(
    report({ at: "2000-01-01T00:00:09.000Z", agoMs: 0, lastedMs: 420, cause: "starved", stealMs: 400 }),
  );
  expect(said().map(({ message }) => message)[1]).toBe("lb1 was frozen for 0.42 s (starved, steal 0.40 s)");
});

it("tells of this node's own freeze, how long ago it ended, and forgets it", () => {
  const { freezes, said, at } = open("lb1");
  expect(freezes.own()).toBeUndefined();
  freezes.noticed({ from: instantOf(10_000), until: instantOf(12_800.4), cause: "stopped" });
  expect(said().map(({ message }) => message)).toEqual(["lb1 was frozen for 2.8 s (stopped)"]);
  expect(freezes.own()).toMatchObject({ agoMs: 200, lastedMs: 2_800, cause: "stopped" });
  at(700_000);
  expect(freezes.own()).toBeUndefined();
});
