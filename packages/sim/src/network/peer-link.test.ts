import { beforeEach, describe, expect, it } from "vitest";
import { Random } from "../random.js";
import { Agenda } from "../world/agenda.js";
import { PeerLink } from "./peer-link.js";

let agenda: Agenda;
let link: PeerLink;
let reading: [boolean, boolean];
let heard: string[];

beforeEach(() => {
  agenda = new Agenda();
  reading = [true, true];
  heard = [];
  const host = {
    random: new Random(4),
    now: () => agenda.now,
    plan: (delayMs: number, happen: () => void) => agenda.plan(agenda.now + delayMs, happen),
    isReceiving: () => true,
    isReading: (node: 0 | 1) => reading[node],
    opened: (node: number) => heard.push(`${node} opened`),
    closed: (node: number) => heard.push(`${node} closed`),
    deliver: (to: number, message: { type: string; bytes?: Uint8Array }) =>
      heard.push(`${to} gets ${message.bytes?.[0]}`),
  };
  link = new PeerLink(host, 2);
  link.begin();
  pass(100);
  expect(heard.splice(0).sort()).toEqual(["0 opened", "1 opened"]);
});

function pass(ms: number): void {
  const end = agenda.now + ms;
  agenda.plan(end, () => undefined);
  while (agenda.advance(end));
}

function send(number: number, length = 100): void {
  const bytes = new Uint8Array(length);
  bytes[0] = number;
  link.send(0, { type: "frame", bytes });
}

describe("the simulated peer link", () => {
  it("delivers in order, and what a congestion does not let through waits in the sender", () => {
    link.rates.push(10);
    for (const number of [1, 2, 3]) send(number);
    expect(link.backlog(0)).toBe(200);
    pass(15);
    expect(heard).toEqual(["1 gets 1"]);
    pass(100);
    expect(heard).toEqual(["1 gets 1", "1 gets 2", "1 gets 3"]);
    expect(link.backlog(0)).toBe(0);
  });

  it("holds up what a daemon that hangs does not read, no more than the kernels can hold", () => {
    reading[1] = false;
    for (const number of [1, 2, 3]) send(number, 40_000);
    pass(100);
    expect(link.backlog(0)).toBe(40_000);
    expect(heard).toEqual([]);
    reading[1] = true;
    link.resume();
    pass(100);
    expect(heard).toEqual(["1 gets 1", "1 gets 2", "1 gets 3"]);
  });

  it("outlasts a short partition, and in a long one each side gives up by itself", () => {
    link.directions[0].cuts = 1;
    send(1);
    pass(2_000);
    expect(heard).toEqual([]);
    link.directions[0].cuts = 0;
    link.resume();
    expect(heard.splice(0)).toEqual(["1 gets 1"]);
    link.directions[0].cuts = 1;
    send(2);
    pass(7_000);
    expect(heard.splice(0).sort()).toEqual(["0 closed", "1 closed"]);
    link.directions[0].cuts = 0;
    link.resume();
    pass(1_000);
    expect(heard.sort()).toEqual(["0 opened", "1 opened"]);
  });

  it("loses what is on the way when it is reset, and is dialled again", () => {
    send(1);
    link.break();
    pass(1_000);
    expect(heard.sort()).toEqual(["0 closed", "0 opened", "1 closed", "1 opened"]);
  });

  it("is half open for the side that a dead host told nothing, until that is back", () => {
    link.vanish(1);
    reading[1] = false;
    pass(500);
    expect(link.isConnected(0)).toBe(true);
    reading[1] = true;
    pass(2_000);
    expect(link.isConnected(0)).toBe(true);
    expect(link.isConnected(1)).toBe(true);
    expect(heard).toContain("1 opened");
  });
});
