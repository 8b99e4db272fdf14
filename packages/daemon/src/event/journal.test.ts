import { type EventReport, instantOf } from "@vipair/model";
import { expect, it } from "vitest";
import { openJournal } from "./journal.js";

const reading = { wall: Date.parse("2026-01-01T00:00:10.000Z"), instant: instantOf(5_000.5), boot: "b1" };
const clock = () => reading;

it("keeps the newest 2000 events, oldest first", () => {
  const journal = openJournal({ node: "lb1", clock, told: () => undefined });
  for (let count = 1; count <= 2_003; count++) journal.record("refused", `event ${count}`);
  const messages = journal.events().map(({ message }) => message);
  expect(messages).toHaveLength(2_000);
  expect([messages[0], messages.at(-1)]).toEqual(["event 4", "event 2003"]);
});

it("tells the log and every follower, until they have enough", () => {
  const [logged, followed]: [EventReport[], EventReport[]] = [[], []];
  const journal = openJournal({ node: "lb1", clock, told: (event) => logged.push(event) });
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
  const journal = openJournal({ node: "lb1", clock, told: () => undefined });
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
  const journal = openJournal({ node: "lb1", clock, told: () => undefined });
  journal.record("started", "one");
  (journal.events() as EventReport[]).length = 0;
  expect(journal.events()).toHaveLength(1);
});

it("goes on from the events of earlier lives", () => {
  const past = Array.from({ length: 2_010 }, (_, count): EventReport => {
    return { at: "2026-01-01T00:00:00.000Z", node: "lb1", kind: "started", message: `start ${count}`, detail: {} };
  });
  const journal = openJournal({ node: "lb1", clock, past, told: () => undefined });
  journal.record("stopped", "the last one");
  const messages = journal.events().map(({ message }) => message);
  expect([messages.length, messages[0], messages.at(-1)]).toEqual([2_000, "start 11", "the last one"]);
});

it("says when something happened, also when it hears of it later", () => {
  const journal = openJournal({ node: "lb1", clock, told: () => undefined });
  journal.record("started", "now");
  journal.record("roleChanged", "before", {}, instantOf(4_000.5));
  expect(journal.events()).toMatchObject([
    { at: "2026-01-01T00:00:10.000Z", instant: 5_000.5, boot: "b1" },
    { at: "2026-01-01T00:00:09.000Z", instant: 4_000.5, boot: "b1" },
  ]);
});

it("gives what somebody has not read yet, and all of it to who read another journal", () => {
  const open = () => openJournal({ node: "lb1", clock, told: () => undefined });
  const journal = open();
  journal.record("started", "one");
  const { position, events } = journal.after(undefined);
  expect(events).toHaveLength(1);
  expect(journal.after(position).events).toEqual([]);
  for (let count = 0; count < 3_000; count++) journal.record("refused", `${count}`);
  expect(journal.after(position).events).toHaveLength(2_000);
  const { position: later } = journal.after(position);
  journal.record("stopped", "two");
  expect(journal.after(later).events).toMatchObject([{ message: "two" }]);
  const restarted = open();
  restarted.record("started", "three");
  expect(restarted.after(later).events).toMatchObject([{ message: "three" }]);
});
