import type { Flow } from "@vipair/model";
import { encodeRecord, recordLength6 } from "@vipair/sync";
import { beforeEach, expect, it, vi } from "vitest";
import type { TakeRecord } from "../../replicate/store.js";
import { flowOf } from "../example.fixture.js";
import { decodePeerMessage, encodePeerMessage, type PeerRequest, type VerifyRequest } from "../link/message.js";
import { openVerifier, type Verifier } from "./verifier.js";

let active: Map<number, Flow>;
let standby: Map<number, Flow>;
/** What happens each time the standby has confirmed everything. */
let flushed: () => void;
let replicator: Parameters<typeof openVerifier>[0]["replicator"];
let asked: string[];
/** Changes what the standby answers. */
let answered: (result: unknown) => unknown;
let verifier: Verifier;

function storeOf(kernel: () => Map<number, Flow>) {
  return {
    async *dump() {
      for (const flow of [...kernel().values()]) {
        const record = new DataView(new ArrayBuffer(recordLength6));
        encodeRecord(record, 0, flow);
        yield (take: TakeRecord) => take("entry", record, 0);
      }
    },
  };
}

beforeEach(() => {
  active = new Map(Array.from({ length: 300 }, (_, n) => [n, flowOf(n)]));
  standby = new Map(active);
  flushed = () => undefined;
  asked = [];
  answered = (result) => result;
  replicator = {
    connections: 300,
    flush: vi.fn(async () => {
      flushed();
      return 0;
    }),
    repair: vi.fn(async () => {
      standby = new Map(active);
    }),
    reread: vi.fn(async () => undefined),
  };
  const names = { active: "lb1", standby: "lb2" };
  const nobody = { request: () => Promise.reject(new Error("nobody is asked")) };
  const other = openVerifier({ ...names, store: storeOf(() => standby), replicator, link: nobody });
  const request = async (wanted: PeerRequest): Promise<unknown> => {
    asked.push(wanted.method);
    const message = decodePeerMessage(encodePeerMessage({ type: "request", id: 1, request: wanted }));
    if (message?.type !== "request") throw new Error("the request is none");
    const result = (await other.answer(message.request as VerifyRequest)) ?? null;
    return answered(JSON.parse(JSON.stringify(result)));
  };
  verifier = openVerifier({ ...names, store: storeOf(() => active), replicator, link: { request } });
});

it("asks for a digest alone while both kernels agree", async () => {
  expect(await verifier.run(true)).toMatchObject({
    clean: true,
    connections: 300,
    repaired: 0,
    examples: [],
    rounds: 1,
  });
  expect(asked).toEqual(["census", "fetch"]);
});

it("names what differs, and repairs nothing when it is only to look", async () => {
  standby.delete(1);
  standby.set(400, flowOf(400));
  standby.set(2, flowOf(2, 7));
  standby.set(3, { ...flowOf(3), mark: flowOf(3).mark + 1 });
  const report = await verifier.run(false);
  expect(report).toMatchObject({ clean: false, found: { missing: 1, surplus: 1, different: 2 }, repaired: 0 });
  expect([...report.examples].sort()).toEqual([
    "tcp 192.0.2.7:1 → 198.51.100.10:80 → 10.0.0.1:80 is missing on lb2",
    "tcp 192.0.2.7:2 → 198.51.100.10:80 → 10.0.0.1:80: ESTABLISHED on lb1, TIME_WAIT on lb2",
    "tcp 192.0.2.7:3 → 198.51.100.10:80 → 10.0.0.1:80: mark 0x56500001 on lb1, 0x56500002 on lb2",
    "tcp 192.0.2.7:400 → 198.51.100.10:80 → 10.0.0.1:80 is on lb2 alone",
  ]);
  expect(asked).not.toContain("reread");
});

it("repairs what differs, and looks again", async () => {
  standby.delete(1);
  expect(await verifier.run(true)).toMatchObject({
    clean: true,
    found: { missing: 1 },
    remaining: { missing: 0 },
    repaired: 1,
    examples: ["tcp 192.0.2.7:1 → 198.51.100.10:80 → 10.0.0.1:80 is missing on lb2"],
  });
  expect(replicator.reread).toHaveBeenCalledOnce();
});

it("says what a repair could not mend", async () => {
  standby.delete(1);
  replicator = Object.assign(replicator, { repair: async () => undefined });
  expect(await verifier.run(true)).toMatchObject({ clean: false, remaining: { missing: 1 }, repaired: 0 });
});

it("calls no difference what changes all the time", async () => {
  let round = 0;
  flushed = () => {
    standby = new Map(active);
    // Traffic goes on behind the flush: one ends, one comes, one changes, each time others or in another way.
    round++;
    active.delete(round);
    active.set(500 + round, flowOf(500 + round));
    active.set(200, flowOf(200, 3 + round));
    active.set(201, { ...flowOf(201), mark: flowOf(201).mark + round });
  };
  expect(await verifier.run(false)).toMatchObject({ clean: true, found: { missing: 0, surplus: 0, different: 0 } });
  expect(asked).toContain("sample");
});

it("keeps looking at one that differs amid traffic", async () => {
  let round = 0;
  standby.delete(9);
  flushed = () => {
    standby = new Map(active);
    standby.delete(9);
    active.set(500 + ++round, flowOf(500 + round));
  };
  expect(await verifier.run(false)).toMatchObject({ clean: false, found: { missing: 1, surplus: 0, different: 0 } });
});

it("carries more than fits one response", async () => {
  for (let n = 0; n < 5_000; n++) active.set(n, flowOf(n));
  Object.assign(replicator, { connections: 5_000 });
  for (let n = 10_000; n < 14_000; n++) standby.set(n, flowOf(n));
  const report = await verifier.run(false);
  expect(report).toMatchObject({ found: { missing: 4_700, surplus: 4_000 }, complete: true });
  expect(asked.filter((method) => method === "fetch").length).toBeGreaterThan(6);
});

it.each([
  ["no offer", () => ({ anything: 1 })],
  ["an offer of too much", (result: unknown) => ({ ...(result as object), length: 1e9 })],
  ["digests of another length", (result: unknown) => (typeof result === "object" ? { ...result, length: 64 } : result)],
  ["pieces that are none", (result: unknown) => (typeof result === "string" ? 7 : result)],
  ["empty pieces", (result: unknown) => (typeof result === "string" ? "" : result)],
])("refuses %s", async (_what, change) => {
  answered = change;
  await expect(verifier.run(false)).rejects.toThrow(/the peer (answered|sent) something else/);
});

it("refuses records that are none", async () => {
  standby.set(1, flowOf(1, 7));
  answered = (result) =>
    typeof result === "string" && asked.includes("sample") ? Buffer.alloc(64, 9).toString("base64") : result;
  await expect(verifier.run(false)).rejects.toThrow("the peer sent something else");
});

it("runs one at a time, and another one afterwards", async () => {
  const first = verifier.run(false);
  await expect(verifier.run(false)).rejects.toThrow("under way");
  await first;
  expect((await verifier.run(false)).clean).toBe(true);
});

it("keeps nothing of a transfer that is over", async () => {
  const { transfer, length } = (await verifier.answer({ method: "census", buckets: 1_024 })) as {
    transfer: number;
    length: number;
  };
  const fetch = (offset: number, number = transfer) => verifier.answer({ method: "fetch", transfer: number, offset });
  await expect(fetch(length)).rejects.toThrow("nothing to fetch");
  await expect(fetch(0, transfer + 1)).rejects.toThrow("nothing to fetch");
  expect(await fetch(0)).toHaveLength(Math.ceil(length / 3) * 4);
  await expect(fetch(0)).rejects.toThrow("nothing to fetch");
});
