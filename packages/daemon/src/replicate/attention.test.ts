import type { Followed } from "@vipair/kernel";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Attention, openAttention } from "./attention.js";

let follows: Followed[];
let turns: number;
let attention: Attention;

beforeEach(() => {
  vi.useFakeTimers();
  follows = [];
  turns = 0;
  attention = openAttention({
    watching: { follow: (what) => follows.push(what) },
    turned: () => turns++,
    outageMs: 1_000,
  });
});
afterEach(() => {
  attention.close();
  vi.useRealTimers();
});

it("hears of ends alone on a standby, with a link or without", () => {
  attention.linkOpened();
  attention.linkClosed();
  vi.advanceTimersByTime(5_000);
  expect(follows).toEqual(["ends"]);
});

it("hears nothing on a node that became active alone, until a link opens", () => {
  attention.roleChanged("active");
  expect([follows.at(-1), attention.heard, turns]).toEqual(["nothing", false, 1]);
  attention.linkOpened();
  expect([follows.at(-1), attention.heard, turns]).toEqual(["everything", true, 2]);
});

it("goes on hearing through a short outage, and gives up after a long one", () => {
  attention.linkOpened();
  attention.roleChanged("active");
  attention.linkClosed();
  vi.advanceTimersByTime(900);
  attention.linkOpened();
  vi.advanceTimersByTime(5_000);
  attention.linkClosed();
  vi.advanceTimersByTime(900);
  expect([follows, turns]).toEqual([["ends", "everything"], 0]);
  vi.advanceTimersByTime(200);
  expect([follows.at(-1), turns]).toEqual(["nothing", 1]);
});

it("hears again of ends when the node ceases to be active", () => {
  attention.roleChanged("active");
  attention.roleChanged("backup");
  expect([follows.at(-1), turns]).toEqual(["ends", 2]);
});
