import type { EventReport } from "@vipair/model";
import { expect, it } from "vitest";
import { openJournal } from "./journal.js";

it("keeps the newest 2000 events, oldest first", () => {
  const journal = openJournal({ node: "lb1", told: () => undefined });
  for (let count = 1; count <= 2_003; count++) journal.record("refused", `event ${count}`);
  const messages = journal.events().map(({ message }) => message);
  expect(messages).toHaveLength(2_000);
  expect([messages[0], messages.at(-1)]).toEqual(["event 4", "event 2003"]);
});

it("tells the log and every follower, until they have enough", () => {
  const [logged, followed]: [EventReport[], EventReport[]] = [[], []];
  const journal = openJournal({ node: "lb1", told: (event) => logged.push(event) });
  journal.record("started", "before");
  const unfollow = journal.follow((event) => followed.push(event));
  journal.record("conflict", "meanwhile", { yields: true });
  unfollow();
  journal.record("stopped", "after");
  expect(logged.map(({ message }) => message)).toEqual(["before", "meanwhile", "after"]);
  expect(followed).toMatchObject([{ node: "lb1", kind: "conflict", message: "meanwhile", detail: { yields: true } }]);
  expect(Date.parse(followed[0]?.at ?? "")).not.toBeNaN();
});

it("lets a follower leave while it is told", () => {
  const journal = openJournal({ node: "lb1", told: () => undefined });
  const told: string[] = [];
  const leave = journal.follow(() => {
    told.push("first");
    leave();
  });
  journal.follow(() => told.push("second"));
  journal.record("started", "one");
  journal.record("stopped", "two");
  expect(told).toEqual(["first", "second", "second"]);
});

it("gives away a copy", () => {
  const journal = openJournal({ node: "lb1", told: () => undefined });
  journal.record("started", "one");
  (journal.events() as EventReport[]).length = 0;
  expect(journal.events()).toHaveLength(1);
});

it("goes on from the events of earlier lives", () => {
  const past = Array.from({ length: 2_010 }, (_, count): EventReport => {
    return { at: "2026-01-01T00:00:00.000Z", node: "lb1", kind: "started", message: `start ${count}`, detail: {} };
  });
  const journal = openJournal({ node: "lb1", past, told: () => undefined });
  journal.record("stopped", "the last one");
  const messages = journal.events().map(({ message }) => message);
  expect([messages.length, messages[0], messages.at(-1)]).toEqual([2_000, "start 11", "the last one"]);
});
