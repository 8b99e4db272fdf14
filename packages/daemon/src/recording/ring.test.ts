import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { olderFile, openRing, type Ring, type RingOptions } from "./ring.js";
import { openTurns } from "./turns.js";

let directory: string;
let file: string;
const wantsOpening = vi.fn();
const refused = vi.fn();
const soon = { timeout: 20_000, interval: 5 };

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "vipair-ring-"));
  file = join(directory, "agent.jsonl");
  wantsOpening.mockReset();
  refused.mockReset();
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = (changed: Partial<RingOptions> = {}): Ring =>
  openRing({ file, bytes: 100, turns: openTurns(), wantsOpening, refused, ...changed });
const piece = (text: string, opens = false) => ({ text: `${text}\n`, opens });
const long = (letter: string, opens = false) => piece(letter.repeat(60), opens);
const content = (of: string): string => (existsSync(of) ? readFileSync(of, "utf8") : "");

it("writes what it is given, in order, for its owner alone", async () => {
  const ring = open();
  ring.append(piece("a", true));
  ring.append(piece("b"));
  await ring.close();
  expect(content(file)).toBe("a\nb\n");
});

it("takes an opening that is larger than what may wait, and asks for no other", async () => {
  const ring = open({ bytes: 1 << 23 });
  const state = "x".repeat(1 << 21);
  ring.append(piece(state, true));
  ring.append(piece("a"));
  await vi.waitFor(() => expect(content(file)).toBe(`${state}\na\n`), soon);
  expect(ring.dropped).toBe(0);
  expect(wantsOpening).not.toHaveBeenCalled();
  await ring.close();
});

it("writes by itself what was gathered, and makes a file anew that somebody removed", async () => {
  const ring = open();
  ring.append(piece("a", true));
  ring.append(piece("b"));
  await vi.waitFor(() => expect(content(file)).toBe("a\nb\n"), soon);
  rmSync(file);
  ring.append(piece("c"));
  ring.append(piece("d"));
  await vi.waitFor(() => expect(content(file)).toBe("c\nd\n"), soon);
  await ring.close();
});

it("writes what is urgent, and all that was gathered before it, without waiting for more", async () => {
  vi.useFakeTimers({ toFake: ["setInterval"] });
  const end = performance.now() + soon.timeout;
  try {
    const ring = open();
    ring.append(piece("a", true));
    ring.append(piece("b"), true);
    // The clock by which pieces are gathered stands still; `vi.waitFor` would turn it.
    while (content(file) === "" && performance.now() < end) await turn();
    expect(content(file)).toBe("a\nb\n");
    ring.append(piece("c"));
    await ring.close();
    expect(content(file)).toBe("a\nb\nc\n");
  } finally {
    vi.useRealTimers();
  }
});

it("asks for an opening when the file is full, and begins a new file with it", async () => {
  const ring = open();
  ring.append(long("a", true));
  ring.append(long("b"));
  await vi.waitFor(() => expect(wantsOpening).toHaveBeenCalledOnce(), soon);
  ring.append(piece("c"));
  ring.append(piece("d", true));
  ring.append(piece("e"));
  await ring.close();
  expect(content(olderFile(file))).toBe(`${"a".repeat(60)}\n${"b".repeat(60)}\nc\n`);
  expect(content(file)).toBe("d\ne\n");
});

it("keeps two files and no more", async () => {
  const ring = open();
  for (const letter of "abcdef") {
    ring.append(long(letter, true));
    ring.append(long(letter));
  }
  await ring.close();
  expect(content(olderFile(file))[0]).toBe("e");
  expect(content(file)[0]).toBe("f");
});

it("goes on where an earlier process ended, in the middle of a line", async () => {
  writeFileSync(file, "a\nhal");
  const ring = open();
  ring.append(piece("b", true));
  await ring.close();
  expect(content(file)).toBe("a\nhal\nb\n");
});

it("drops what is of no use without what is missing before it", async () => {
  mkdirSync(file);
  const ring = open({ holdoffMs: 20, bytes: 1 << 20 });
  ring.append(piece("a", true));
  await vi.waitFor(() => expect(refused).toHaveBeenCalledOnce(), soon);
  ring.append(piece("b"));
  rmSync(file, { recursive: true });
  await vi.waitFor(() => expect(wantsOpening).toHaveBeenCalled(), soon);
  ring.append(piece("c"));
  ring.append(piece("d", true));
  await ring.close();
  expect(content(file).trim()).toBe("d");
  expect(ring.dropped).toBe(3);
  expect(refused).toHaveBeenCalledOnce();
});

it("never waits for a disk that hangs, and keeps no more than a megabyte for it", async () => {
  const turns = openTurns();
  const hanging = await new Promise<{ release: () => void }>((taken) => {
    void turns.take(() => new Promise((release) => taken({ release })));
  });
  const ring = open({ turns, bytes: 1 << 30 });
  const large = "x".repeat(100_000);
  for (let count = 0; count < 100; count++) ring.append(piece(large, count === 0));
  expect(ring.dropped).toBe(100);
  expect(wantsOpening).toHaveBeenCalled();
  ring.append(piece("anew", true));
  hanging.release();
  await ring.close();
  expect(content(file)).toBe("anew\n");
});

it("stays within twice its size when nothing opens", async () => {
  const ring = open();
  ring.append(long("a", true));
  for (let count = 0; count < 50; count++) ring.append(long("b"));
  await ring.close();
  expect(content(file).length).toBeLessThan(300);
  expect(ring.dropped).toBeGreaterThan(40);
});
