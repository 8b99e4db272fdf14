import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { because, enterNamespace, obstacle, run, until } from "../laboratory/namespace.js";
import { type TableEvent, watchTables } from "../monitor/tables.js";
import { type Nftables, openNftables } from "./nftables.js";

describe.skipIf(obstacle !== undefined)(`nftables${because}`, () => {
  let nftables: Nftables;

  beforeAll(() => {
    enterNamespace();
    nftables = openNftables();
  });
  afterAll(() => nftables?.close());
  afterEach(() => run("nft flush ruleset"));

  test("commands are one transaction", () => {
    expect(nftables.run("add table inet one\nadd table inet two")).toEqual({ ok: true });
    expect(nftables.tableExists("inet", "two")).toBe(true);
    expect(nftables.tableExists("ip", "two")).toBe(false);
    expect(nftables.run("delete table inet one\ndelete table inet three").ok).toBe(false);
    expect(nftables.tableExists("inet", "one")).toBe(true);
  });

  test("a refusal carries nft's words", () => {
    const mistake = nftables.run("add rule inet nowhere input accept");
    expect(mistake).toEqual({ ok: false, error: expect.stringMatching(/^nft: .*No such file or directory/s) });
    expect(nftables.run("bogus")).toEqual({ ok: false, error: expect.stringContaining("syntax error") });
    expect(nftables.run("add table inet one")).toEqual({ ok: true });
  });

  test("named counters are read as numbers", () => {
    nftables.run(`table inet one {
      counter hits { packets 3 bytes 5000000000; }
      counter misses { }
    }`);
    expect(nftables.counters({ family: "inet", table: "one" })).toEqual(
      new Map([
        ["hits", { packets: 3, bytes: 5_000_000_000 }],
        ["misses", { packets: 0, bytes: 0 }],
      ]),
    );
    expect(nftables.counters({ family: "inet", table: "nowhere" })).toEqual(new Map());
  });

  test("a watch tells what others delete, and not what this process does", async () => {
    const events: TableEvent[] = [];
    const watch = watchTables([{ family: "inet", table: "one" }], (event) => events.push(event));
    try {
      nftables.run("add table inet one");
      nftables.run("delete table inet one");
      nftables.run("add table inet one");
      run("nft delete table inet one");
      await until(() => events.length > 0, 500);
      expect(events).toEqual([{ type: "tableDamaged", family: "inet", table: "one" }]);
    } finally {
      watch.close();
    }
  });
});
