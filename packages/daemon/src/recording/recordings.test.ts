import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EventReport, instantOf } from "@vipair/model";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openRecordings, type Recordings } from "./recordings.js";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "vipair-recordings-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = (where: string | undefined, refused = vi.fn()): Recordings =>
  openRecordings({ directory: where, bytes: 1 << 20, node: "lb1", version: "1", wantsOpening: vi.fn(), refused });
const event = (message: string, node = "lb1"): EventReport => {
  return { at: "2026-01-01T00:00:00.000Z", node, kind: "started", message, detail: {} };
};

it("has the events of earlier lives of this node, and overlooks what cannot be read", async () => {
  const former = open(directory);
  former.keep(event("one"));
  former.keep(event("other", "lb2"));
  former.keep(event("two"));
  await former.close();
  writeFileSync(join(directory, "events.jsonl"), '{"at":"2026', { flag: "a" });
  const recordings = open(directory);
  expect(recordings.past.map(({ message }) => message)).toEqual(["one", "two"]);
  recordings.keep(event("three"));
  await recordings.close();
  expect(open(directory).past.map(({ message }) => message)).toEqual(["one", "two", "three"]);
});

it("writes what the agent and the balance did", async () => {
  const recordings = open(directory);
  recordings.append({ text: "from the agent\n", opens: true }, false);
  recordings.balance({} as never, { type: "deadlineReached" }, instantOf(1), []);
  await recordings.close();
  expect(readFileSync(join(directory, "agent.jsonl"), "utf8")).toBe("from the agent\n");
  const [opening = "", step] = readFileSync(join(directory, "balance.jsonl"), "utf8").split("\n");
  expect(JSON.parse(opening)).toMatchObject({ machine: "balance", node: "lb1", now: 1 });
  expect(step).toBe('{"now":1,"event":{"type":"deadlineReached"}}');
});

it("says that a directory cannot be made, and goes on without", async () => {
  const refused = vi.fn();
  const file = join(directory, "file");
  writeFileSync(file, "");
  const recordings = open(join(file, "below"), refused);
  recordings.keep(event("one"));
  await vi.waitFor(() => expect(refused).toHaveBeenCalledOnce());
  await recordings.close();
});

it("keeps nothing when it is not wanted", async () => {
  const recordings = open(undefined);
  recordings.append({ text: "", opens: true }, false);
  expect(recordings.past).toEqual([]);
  await recordings.close();
});
