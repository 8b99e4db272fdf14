import { addressBytes, addressFromBytes, parseAddress } from "@vipair/model";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { because, enterNamespace, obstacle, run, until } from "../../laboratory/namespace.js";
import { type TableEvent, watchTables } from "../../monitor/tables.js";
import type { TimedMap } from "./message.js";
import { elementSlot } from "./slot.js";
import { openTimedMaps, type TimedMaps } from "./timed-maps.js";

const table = { family: "inet", table: "one" } as const;
const four: TimedMap = { table, map: "clients/four", keyLength: 4 };
const six: TimedMap = { table, map: "clients/six", keyLength: 16 };

/** Key, value, milliseconds until it expires. */
type Element = readonly [key: string, value: number, expires: number];

function slotsOf(...elements: readonly Element[]): Uint8Array {
  const slots = new Uint8Array(elements.length * elementSlot.size);
  const view = new DataView(slots.buffer);
  for (const [index, [key, value, expires]] of elements.entries()) {
    const address = parseAddress(key);
    if (address === undefined) throw new Error(key);
    const slot = index * elementSlot.size;
    slots.set(addressBytes(address), slot + elementSlot.key);
    view.setUint32(slot + elementSlot.value, value);
    view.setUint32(slot + elementSlot.expires, expires);
  }
  return slots;
}

function elementsOf(slots: ArrayBuffer, keyLength: 4 | 16): Element[] {
  const view = new DataView(slots);
  return Array.from({ length: slots.byteLength / elementSlot.size }, (_, index) => {
    const slot = index * elementSlot.size;
    const key = addressFromBytes(new Uint8Array(slots, slot + elementSlot.key, keyLength)).text;
    return [key, view.getUint32(slot + elementSlot.value), view.getUint32(slot + elementSlot.expires)];
  });
}

describe.skipIf(obstacle !== undefined)(`timed maps${because}`, () => {
  let maps: TimedMaps;

  beforeAll(() => {
    enterNamespace();
    maps = openTimedMaps();
  });
  afterAll(() => maps?.close());
  beforeEach(() => {
    run(`nft 'table inet one {
      map clients/four { type ipv4_addr : mark; size 40000; flags dynamic,timeout; timeout 1h; }
      map clients/six { type ipv6_addr : mark; size 3; flags dynamic,timeout; timeout 1h; }
    }'`);
  });
  afterEach(() => run("nft flush ruleset"));

  async function dump(map: TimedMap): Promise<Element[]> {
    const elements: Element[] = [];
    for await (const chunk of maps.dump(map)) elements.push(...elementsOf(chunk, map.keyLength));
    return elements.sort(([a], [b]) => (a < b ? -1 : 1));
  }
  const values = async (map: TimedMap) => (await dump(map)).map(([key, value]) => [key, value]);
  const fine = { failed: [], errors: new Set() };

  test("hold what was put in, with its time", async () => {
    expect(maps.put(four, slotsOf(["192.0.2.1", 7, 60_000], ["192.0.2.2", 0xffff_fffe, 5_000_000]))).toEqual(fine);
    expect(maps.put(six, slotsOf(["2001:db8::1", 9, 60_000]))).toEqual(fine);
    const [one, two] = await dump(four);
    expect([one?.slice(0, 2), two?.slice(0, 2)]).toEqual([
      ["192.0.2.1", 7],
      ["192.0.2.2", 0xffff_fffe],
    ]);
    expect(one?.[2]).toBeGreaterThan(50_000);
    expect(one?.[2]).toBeLessThanOrEqual(60_000);
    expect(two?.[2]).toBeGreaterThan(4_900_000);
    expect(await values(six)).toEqual([["2001:db8::1", 9]]);
    expect(run("nft list map inet one clients/four")).toContain(": 0x00000007");
  });

  test("take another value and another time for a key", async () => {
    maps.put(four, slotsOf(["192.0.2.1", 7, 60_000], ["192.0.2.2", 7, 60_000]));
    expect(maps.put(four, slotsOf(["192.0.2.3", 3, 60_000], ["192.0.2.1", 8, 600_000]))).toEqual(fine);
    expect(await values(four)).toEqual([
      ["192.0.2.1", 8],
      ["192.0.2.2", 7],
      ["192.0.2.3", 3],
    ]);
    expect((await dump(four))[0]?.[2]).toBeGreaterThan(500_000);
  });

  test("keep what they have when others are added", async () => {
    maps.put(four, slotsOf(["192.0.2.1", 7, 60_000]));
    expect(maps.add(four, slotsOf(["192.0.2.1", 8, 60_000], ["192.0.2.2", 8, 60_000]))).toEqual(fine);
    expect(await values(four)).toEqual([
      ["192.0.2.1", 7],
      ["192.0.2.2", 8],
    ]);
  });

  test("find keys and let them go", async () => {
    maps.put(four, slotsOf(["192.0.2.1", 7, 60_000], ["192.0.2.2", 8, 60_000]));
    const keys = slotsOf(["192.0.2.2", 0, 0], ["192.0.2.9", 0, 0]);
    expect(elementsOf(maps.find(four, keys), 4)).toEqual([["192.0.2.2", 8, expect.any(Number)]]);
    maps.remove(four, keys);
    expect(await values(four)).toEqual([["192.0.2.1", 7]]);
    expect(elementsOf(maps.find(four, keys), 4)).toEqual([]);
  });

  test("that are full renew what they have, and refuse the rest", async () => {
    const three = ["::1", "::2", "::3"].map((key): Element => [key, 1, 60_000]);
    expect(maps.put(six, slotsOf(...three))).toEqual(fine);
    expect(maps.put(six, slotsOf(["::4", 1, 60_000], ["::1", 2, 60_000]))).toEqual({
      failed: [0],
      errors: new Set(["ENFILE"]),
    });
    expect(await values(six)).toEqual([
      ["::1", 2],
      ["::2", 1],
      ["::3", 1],
    ]);
  });

  test("forget what expires, and know what packets put in", async () => {
    run(`nft 'table inet one {
      chain output {
        type filter hook output priority 0
        udp dport 9 update @clients/four { ip daddr : 0x2a }
      }
    }'`);
    maps.put(four, slotsOf(["192.0.2.1", 7, 300]));
    run("bash -c 'echo > /dev/udp/127.0.0.1/9'");
    expect(await values(four)).toContainEqual(["127.0.0.1", 0x2a]);
    let last: unknown[] = [];
    await until(() => {
      void values(four).then((found) => {
        last = found;
      });
      return last.length === 1;
    });
    expect(last).toEqual([["127.0.0.1", 0x2a]]);
  });

  test("that are not there have nothing, and cannot be read as a whole", async () => {
    const nowhere = { ...four, map: "nowhere" };
    const one = slotsOf(["192.0.2.1", 7, 60_000]);
    await expect(dump(nowhere)).rejects.toMatchObject({ name: "KernelError", message: "dump: ENOENT" });
    expect(maps.find(nowhere, one).byteLength).toBe(0);
    expect(maps.put(nowhere, one)).toEqual({ failed: [0], errors: new Set(["ENOENT"]) });
    maps.remove(nowhere, one);
  });

  test("are read and filled by the thousands, which is no damage to their table", async () => {
    const events: TableEvent[] = [];
    const watch = watchTables([table], (event) => events.push(event));
    const many = Array.from(
      { length: 30_000 },
      (_, i): Element => [`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, i, 60_000],
    );
    expect(maps.put(four, slotsOf(...many))).toEqual(fine);
    const found = await dump(four);
    expect(new Set(found.map(([, value]) => value)).size).toBe(30_000);
    maps.remove(four, slotsOf(...many));
    expect(await dump(four)).toEqual([]);
    run("nft delete table inet one");
    await until(() => events.length > 0);
    watch.close();
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(["tableDamaged"]));
  });
});
