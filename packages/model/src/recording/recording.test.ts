import { expect, it } from "vitest";
import { instantOf } from "../duration.js";
import { encodeEffect } from "./line.js";
import { openReader, type RecordedLine } from "./reader.js";
import { openRecorder, type Recorder } from "./recorder.js";

interface State {
  readonly failed: ReadonlySet<string>;
  readonly steps: number;
}
type Event = { readonly type: "failed"; readonly track: string } | { readonly type: "due" };
type Effect = { readonly type: "say"; readonly what: string };

const config = {
  tracks: new Map([
    ["a", 5],
    ["b", undefined],
  ] as const),
};
const open = (): Recorder<State, Event, Effect> =>
  openRecorder({ machine: "election", node: "lb1", version: "1", config, at: () => "2026-01-01T00:00:00.000Z" });
const state = (steps: number): State => ({ failed: new Set(["a"]), steps });
const due: Event = { type: "due" };
const say = (what: string): Effect => ({ type: "say", what });

function readAll(text: string): RecordedLine[] {
  const reader = openReader();
  return text
    .trimEnd()
    .split("\n")
    .map((line) => reader.read(line));
}

it("reads back what was recorded: state with sets and maps, events, effects", () => {
  const recorder = open();
  recorder.stepped(state(0), { type: "failed", track: "Füße 🦶" }, instantOf(1.25), [say("ö")]);
  const piece = recorder.take();
  expect(piece?.opens).toBe(true);
  expect(piece?.text).toMatch(/^[\n\x20-\x7e]*$/);
  const [opening, step] = readAll(piece?.text ?? "");
  expect(opening).toEqual({
    type: "opening",
    opening: {
      machine: "election",
      node: "lb1",
      version: "1",
      config,
      at: "2026-01-01T00:00:00.000Z",
      now: 1.25,
      dropped: 0,
      state: state(0),
    },
  });
  expect(step).toEqual({
    type: "step",
    step: { now: 1.25, event: { type: "failed", track: "Füße 🦶" }, effects: [encodeEffect(say("ö"))] },
  });
});

it("writes what comes again as its type alone, and reads it as what it stands for", () => {
  const recorder = open();
  for (const what of ["one", "one", "two", "one"]) recorder.stepped(state(0), due, instantOf(1), [say(what)]);
  const text = recorder.take()?.text ?? "";
  expect(text.split("\n").slice(2, 4)).toEqual([
    '{"now":1,"event":"due","effects":["say"]}',
    '{"now":1,"event":"due","effects":[{"type":"say","what":"two"}]}',
  ]);
  const said = readAll(text).flatMap((line) => (line.type === "step" ? line.step.effects : []));
  expect(said).toEqual(["one", "one", "two", "one"].map((what) => encodeEffect(say(what))));
});

it("begins anew with the state of then, and needs nothing from before", () => {
  const recorder = open();
  recorder.stepped(state(0), due, instantOf(1), []);
  recorder.take();
  recorder.stepped(state(1), due, instantOf(2), []);
  recorder.beginAnew();
  const piece = recorder.take();
  expect(piece?.opens).toBe(true);
  const [opening, step] = readAll(piece?.text ?? "");
  expect(opening).toMatchObject({ opening: { now: 2, state: state(1) } });
  expect(step).toMatchObject({ type: "step", step: { event: due } });
});

it("drops steps that nobody takes, says how many, and goes on from where the machine is", () => {
  const recorder = open();
  for (let count = 0; count < 4_100; count++) recorder.stepped(state(count), due, instantOf(count), []);
  const [opening, first] = readAll(recorder.take()?.text ?? "");
  expect(opening).toMatchObject({ opening: { dropped: 4_096, state: state(4_096) } });
  expect(first).toMatchObject({ step: { now: 4_096 } });
  expect(recorder.take()).toBeUndefined();
});

it("makes no more than a small piece at once", () => {
  const recorder = open();
  for (let count = 0; count < 300; count++) recorder.stepped(state(count), due, instantOf(count), []);
  const [first, second] = [recorder.take(), recorder.take()];
  expect([first?.opens, second?.opens]).toEqual([true, false]);
  expect(readAll(`${first?.text}${second?.text}`)).toHaveLength(301);
});

it("records a long effect as its digest", () => {
  const [one, other] = [encodeEffect(say("x".repeat(2_000))), encodeEffect(say("y".repeat(2_000)))];
  expect(one.length).toBeLessThan(100);
  expect(one).not.toBe(other);
});

it.each(["", "{", "7", '{"now":1}', '{"now":1,"event":"due"}', '{"now":1,"event":{"type":"due"},"effects":["say"]}'])(
  "cannot read %s",
  (line) => expect(openReader().read(line)).toEqual({ type: "unreadable" }),
);
