import {
  encodeRecords,
  type Flow,
  flowMark,
  flowMarkMask,
  flowStatus,
  parseAddress,
  protocols,
  recordLength4,
  type Tuple,
  tcpStates,
} from "@vipair/model";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { because, enterNamespace, obstacle, run } from "../laboratory/namespace.js";
import { type Conntrack, openConntrack } from "./conntrack.js";
import { flowSlot, slotKind } from "./slot.js";

const selection = { mark: flowMark, mask: flowMarkMask };
const { tcp, udp } = protocols;

const networks = {
  IPv4: { client: "198.51.100.1", virtual: "192.0.2.10", floating: "10.0.0.9", server: "10.0.0.11" },
  IPv6: { client: "2001:db8:1::1", virtual: "2001:db8::10", floating: "fd00::9", server: "fd00::11" },
} as const;
type Network = keyof typeof networks;

function tuple(source: string, sourcePort: number, destination: string, destinationPort: number): Tuple {
  const from = parseAddress(source);
  const to = parseAddress(destination);
  if (from === undefined || to === undefined) throw new Error(`${source} ${destination}`);
  return { source: from, sourcePort, destination: to, destinationPort };
}

interface Wanted {
  readonly network?: Network;
  readonly protocol?: number;
  readonly snat?: boolean;
  readonly clientPort?: number;
  readonly mark?: number;
}

/** A flow as a kernel that translates it would dump it. */
function flow({
  network = "IPv4",
  protocol = tcp,
  snat = false,
  clientPort = 40_000,
  mark = flowMark | 7,
}: Wanted = {}): Flow {
  const { client, virtual, floating, server } = networks[network];
  return {
    protocol,
    original: tuple(client, clientPort, virtual, 443),
    reply: snat ? tuple(server, 8443, floating, clientPort + 1000) : tuple(server, 8443, client, clientPort),
    status:
      flowStatus.seenReply |
      flowStatus.assured |
      flowStatus.confirmed |
      flowStatus.destinationTranslated |
      (snat ? flowStatus.sourceTranslated : 0) |
      0x180,
    timeout: 300,
    mark,
    tcp:
      protocol === tcp
        ? { state: tcpStates.established, scaleOriginal: 7, scaleReply: 9, flagsOriginal: 0x23, flagsReply: 0x23 }
        : undefined,
  };
}

describe.skipIf(obstacle !== undefined)(`conntrack${because}`, () => {
  let conntrack: Conntrack;

  beforeAll(enterNamespace);
  beforeEach(() => {
    conntrack = openConntrack();
  });
  afterEach(() => {
    remove(conntrack.dump({ mark: 0, mask: 0 }));
    conntrack.close();
  });

  const remove = (flows: readonly Flow[]): number => conntrack.removeRecords(encodeRecords(flows));
  const chunks = async (): Promise<ArrayBuffer[]> => {
    const all: ArrayBuffer[] = [];
    for await (const chunk of conntrack.dumpSlots(selection)) all.push(chunk);
    return all;
  };

  const variants = (["IPv4", "IPv6"] as const).flatMap((network) =>
    [tcp, udp].flatMap((protocol) => [false, true].map((snat) => ({ network, protocol, snat }))),
  );

  test.each(variants)("an inserted flow is really translated: %o", (variant) => {
    const wanted = flow(variant);
    expect(conntrack.insert([wanted])).toEqual({ inserted: 1, kept: 0, refused: [], errors: new Map() });
    const [found] = conntrack.dump(selection);
    expect(found).toMatchObject({
      protocol: wanted.protocol,
      original: wanted.original,
      reply: wanted.reply,
      mark: wanted.mark,
    });
    expect(found?.timeout).toBeGreaterThan(295);
    const bits =
      flowStatus.destinationTranslated |
      flowStatus.sourceTranslated |
      flowStatus.seenReply |
      flowStatus.assured |
      flowStatus.confirmed;
    expect((found?.status ?? 0) & bits).toBe(wanted.status & bits);
    if (variant.protocol !== tcp) return;
    expect(found?.tcp).toMatchObject({ state: tcpStates.established, scaleOriginal: 7, scaleReply: 9 });
    expect((found?.tcp?.flagsOriginal ?? 0) & 0xb).toBe(0xb);
    expect((found?.tcp?.flagsReply ?? 0) & 0xb).toBe(0xb);
  });

  test("a dumped flow can be inserted again as it is", () => {
    conntrack.insert([flow({ snat: true })]);
    const first = conntrack.dump(selection);
    expect(remove(first)).toBe(1);
    expect(conntrack.dump(selection)).toEqual([]);
    expect(conntrack.insert(first)).toMatchObject({ inserted: 1, refused: [] });
    expect(conntrack.dump(selection)).toMatchObject([
      { reply: first[0]?.reply, tcp: first[0]?.tcp, status: first[0]?.status },
    ]);
  });

  test("the kernel selects by mark", () => {
    conntrack.insert([
      flow({ clientPort: 1, mark: flowMark | 1 }),
      flow({ clientPort: 2, mark: flowMark | 2 }),
      flow({ clientPort: 3, mark: 0x1234 }),
    ]);
    expect(conntrack.count()).toBe(3);
    expect(
      conntrack
        .dump(selection)
        .map(({ mark }) => mark & 0xffff)
        .sort(),
    ).toEqual([1, 2]);
    expect(conntrack.dump({ mark: flowMark | 2, mask: 0xffff_ffff })).toHaveLength(1);
    expect(remove(conntrack.dump(selection).filter(({ mark }) => (mark & 0xffff) === 2))).toBe(1);
    expect(conntrack.dump(selection).map(({ mark }) => mark & 0xffff)).toEqual([1]);
  });

  test("an existing flow is replaced", () => {
    conntrack.insert([flow()]);
    const other = { ...flow(), mark: flowMark | 8, reply: tuple("10.0.0.12", 8443, networks.IPv4.client, 40_000) };
    expect(conntrack.insert([other, flow({ clientPort: 41_000 })])).toEqual({
      inserted: 2,
      kept: 0,
      refused: [],
      errors: new Map(),
    });
    expect(conntrack.dump({ mark: flowMark | 8, mask: 0xffff_ffff })).toMatchObject([{ reply: other.reply }]);
  });

  test("an existing flow is left as it is when that is wanted", () => {
    conntrack.insert([flow()]);
    const other = { ...flow(), mark: flowMark | 8 };
    expect(conntrack.insert([other, flow({ clientPort: 41_000 })], { keepExisting: true })).toEqual({
      inserted: 1,
      kept: 1,
      refused: [],
      errors: new Map(),
    });
    expect(conntrack.dump(selection).map(({ mark }) => mark)).toEqual([flowMark | 7, flowMark | 7]);
  });

  test("a flow that is not TCP lasts at least as long as wanted", () => {
    const short = [udp, tcp].map((protocol) => ({ ...flow({ protocol }), timeout: 20 }));
    conntrack.insert(short, { minimumTimeout: 90 });
    const timeouts = new Map(conntrack.dump(selection).map(({ protocol, timeout }) => [protocol, timeout]));
    expect(timeouts.get(udp)).toBeGreaterThan(85);
    expect(timeouts.get(tcp)).toBeLessThanOrEqual(20);
  });

  test.each(["IPv4", "IPv6"] as const)("slots of a dump can be removed and inserted: %s", async (network) => {
    const flows = [tcp, udp].flatMap((protocol) => [false, true].map((snat) => flow({ network, protocol, snat })));
    const distinct = flows.map((one, index) => ({
      ...one,
      original: { ...one.original, sourcePort: index + 1 },
      reply: { ...one.reply, destinationPort: index + 1 },
    }));
    conntrack.insert([...distinct, flow({ network, mark: 0x1234 })]);
    const before = conntrack.dump(selection);
    const [slots] = await chunks();
    expect(slots?.byteLength).toBe(distinct.length * flowSlot.size);
    if (slots === undefined) return;
    expect(slotKind(new DataView(slots), 0)).toBe("entry");
    expect(conntrack.removeSlots(slots)).toBe(distinct.length);
    expect(conntrack.dump(selection)).toEqual([]);
    expect(conntrack.insertSlots(new Uint8Array(slots))).toMatchObject({ inserted: distinct.length, refused: [] });
    const essence = ({ original, reply, tcp }: Flow) => ({ original, reply, state: tcp?.state });
    expect(conntrack.dump(selection).map(essence)).toEqual(expect.arrayContaining(before.map(essence)));
  });

  test("a dump of many leaves the event loop its turn", async () => {
    const flows = Array.from({ length: 20_000 }, (_, i) => flow({ clientPort: 1 + i }));
    conntrack.insert(flows);
    let turns = 0;
    const clock = setInterval(() => turns++, 1);
    const dumped = await chunks();
    clearInterval(clock);
    expect(dumped.reduce((sum, { byteLength }) => sum + byteLength / flowSlot.size, 0)).toBe(20_000);
    expect(turns).toBeGreaterThan(2);
  });

  test("what the kernel refuses is counted by error; the rest goes in", () => {
    const good = Array.from({ length: 300 }, (_, i) => flow({ clientPort: 10_000 + i }));
    // Two flows to one server with one translated source: there is no second choice of a port.
    const reply = tuple("10.0.0.11", 8443, "10.0.0.9", 5000);
    const clashing = [1, 2].map((clientPort) => ({ ...flow({ snat: true, clientPort }), reply }));
    expect(conntrack.insert([...good, ...clashing])).toEqual({
      inserted: 301,
      kept: 0,
      refused: [301 * recordLength4],
      errors: new Map([["EEXIST", 1]]),
    });
    expect(remove([...good, flow({ clientPort: 9 })])).toBe(300);
  });

  test("twenty thousand flows in and out", () => {
    const flows = Array.from({ length: 20_000 }, (_, i) =>
      flow({ clientPort: 1 + i, snat: i % 2 === 0, protocol: i % 3 === 0 ? udp : tcp }),
    );
    expect(conntrack.insert(flows)).toEqual({ inserted: 20_000, kept: 0, refused: [], errors: new Map() });
    expect(conntrack.dump(selection)).toHaveLength(20_000);
    expect(remove(flows)).toBe(20_000);
    expect(conntrack.count()).toBe(0);
  });

  test("conntrack's own tool agrees", () => {
    conntrack.insert([flow()]);
    const line = run("conntrack -L 2>/dev/null");
    expect(line).toMatch(
      /tcp .* ESTABLISHED src=198.51.100.1 dst=192.0.2.10 .*src=10.0.0.11 dst=198.51.100.1 .*\[ASSURED\]/,
    );
  });
});
