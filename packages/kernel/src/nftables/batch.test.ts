import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { because, enterNamespace, obstacle, run } from "../laboratory/namespace.js";
import { NETLINK_NETFILTER, NetlinkSocket } from "../netlink/socket.js";
import { Batch } from "./batch.js";

const one = { family: "inet", table: "one" } as const;
const nowhere = { family: "inet", table: "nowhere" } as const;
const other = { family: "arp", table: "elsewhere" } as const;

describe.skipIf(obstacle !== undefined)(`a batch of nftables${because}`, () => {
  let socket: NetlinkSocket;

  beforeAll(() => {
    enterNamespace();
    socket = new NetlinkSocket(NETLINK_NETFILTER);
  });
  afterAll(() => socket?.close());
  afterEach(() => run("nft flush ruleset"));

  const tables = (): string => run("nft list tables").trim();

  test("is done when the kernel has taken all of it", () => {
    const set = { name: "keys", keyLength: 4, timeout: true } as const;
    const batch = new Batch(socket).addTable(one, false).addSet(one, set);
    expect(batch.addElements(one, "keys", [Uint8Array.of(192, 0, 2, 1)], 60_000).commit()).toEqual({ ok: true });
    expect(run("nft list set inet one keys")).toContain("192.0.2.1 timeout 1m");
  });

  test("of nothing is done", () => {
    expect(new Batch(socket).commit()).toEqual({ ok: true });
  });

  test.each([
    ["the first", [nowhere, one, one], 1],
    ["one in the middle", [one, nowhere, one], 1],
    ["the last", [one, one, nowhere], 1],
    ["two of them", [nowhere, one, nowhere], 2],
    ["all of them", [nowhere, nowhere, nowhere], 3],
  ])("of which the kernel refuses %s is not done at all, and says which", (_, names, refusals) => {
    const batch = new Batch(socket).addTable(one, false).addTable(other, false);
    for (const name of names) batch.flushSet(name, "keys").deleteTable(name).addTable(one, false);
    const outcome = batch.commit();
    expect(outcome).toEqual({ ok: false, error: expect.stringContaining("delete table inet nowhere: ENOENT") });
    expect(outcome.ok ? "" : outcome.error.match(/delete table inet nowhere/g)).toHaveLength(refusals);
    expect(outcome.ok ? "" : outcome.error).not.toContain("add table");
    expect(tables()).toBe("");
  });

  test("answers what was refused, and that the last message was taken", () => {
    const taken = new Batch(socket).addTable(one, false).addTable(other, false).send();
    expect(taken.map(({ code }) => code !== 0)).toEqual([false]);
    const answers = new Batch(socket).deleteTable(one).deleteTable(nowhere).addTable(one, false).send();
    expect(answers.filter(({ code }) => code !== 0)).toHaveLength(1);
    expect(tables()).toContain("table inet one");
  });
});
