import type { ConntrackReadings, InterfaceReadings, TuningReadings } from "@vipair/model";
import { expect, test } from "vitest";
import { advise } from "./advise.js";

const table: ConntrackReadings = {
  count: 1_000,
  most: 262_144,
  buckets: 262_144,
  accounting: false,
  establishedSeconds: 432_000,
};
const card: InterfaceReadings = {
  name: "eth0",
  isCard: true,
  receiveQueues: 4,
  mostQueues: 4,
  steeredTo: 0,
  interruptProcessors: 4,
  receiveOffload: true,
};

interface Difference {
  readonly own?: Partial<ConntrackReadings>;
  readonly peer?: Partial<ConntrackReadings>;
  readonly card?: Partial<InterfaceReadings>;
  readonly processors?: number;
  readonly expected?: number;
}

/** What is said of a host that is well but for these differences. */
function adviceOn({ own = {}, peer, card: its = {}, processors = 4, expected = 0 }: Difference) {
  const readings = { processors, conntrack: { ...table, ...own }, interfaces: [{ ...card, ...its }] };
  const other: TuningReadings | undefined = peer && { ...readings, conntrack: { ...table, ...peer } };
  return advise({ readings, peer: other, expected });
}

const brief = (difference: Difference): string[] =>
  adviceOn(difference).map(
    ({ setting, now, advised, urgent }) =>
      `${setting.replace("net.netfilter.nf_conntrack_", "")}: ${now} → ${advised}${urgent ? "!" : ""}`,
  );

test("of a host that is well, nothing is said", () => {
  expect(brief({})).toEqual([]);
  expect(brief({ peer: {}, expected: 131_072 })).toEqual([]);
  expect(advise({ readings: { processors: 2, interfaces: [] }, peer: undefined, expected: 1e6 })).toEqual([]);
});

test.each<[string, Difference, string]>([
  ["is nearly full", { own: { count: 240_000 } }, "max: 262144 → 524288!"],
  ["is more than half full", { own: { count: 131_073 } }, "max: 262144 → 524288"],
  ["is less than the configuration expects", { expected: 300_000 }, "max: 262144 → 1048576!"],
  ["is less than twice that", { expected: 131_073 }, "max: 262144 → 524288"],
  [
    "is smaller than what the other node follows",
    { peer: { count: 270_000, most: 524_288 } },
    "max: 262144 → 1048576!",
  ],
  ["is smaller than the other node's", { peer: { most: 393_216 } }, "max: 262144 → 393216"],
])("a table that %s", (_, difference, advice) => {
  expect(brief({ ...difference, own: { establishedSeconds: 86_400, ...difference.own } })).toEqual([advice]);
});

test("a table that is larger than the other node's is the other node's matter", () => {
  expect(brief({ peer: { most: 65_536 } })).toEqual([]);
});

test("the hash has a quarter of the entries at least, also of the table that is advised", () => {
  expect(brief({ own: { buckets: 65_536 } })).toEqual([]);
  expect(brief({ own: { buckets: 65_535 } })).toEqual(["buckets: 65535 → 262144"]);
  expect(brief({ own: { buckets: 65_536 }, expected: 300_000 })).toEqual([
    "max: 262144 → 1048576!",
    "buckets: 65536 → 1048576",
  ]);
  expect(adviceOn({ own: { buckets: 16_384 } })[0]).toMatchObject({
    because: "a look-up in a full table walks 16 entries",
    command: "sysctl -w net.netfilter.nf_conntrack_buckets=262144",
  });
});

test("idle connections are neither forgotten while they live, nor kept for days where that fills the table", () => {
  expect(brief({ own: { establishedSeconds: 7_440 } })).toEqual([]);
  expect(brief({ own: { establishedSeconds: 7_439 } })).toEqual(["tcp_timeout_established: 7439 → 86400"]);
  expect(brief({ own: { count: 65_537 } })).toEqual(["tcp_timeout_established: 432000 → 86400"]);
  expect(brief({ own: { count: 65_537, establishedSeconds: 86_400 } })).toEqual([]);
});

test("accounting costs, and nobody reads it", () => {
  expect(brief({ own: { accounting: true } })).toEqual(["acct: 1 → 0"]);
});

test.each<[string, Difference, string[]]>([
  ["the card has more queues", { card: { receiveQueues: 1, mostQueues: 8 } }, ["eth0 receive queues: 1 → 4"]],
  ["it has some, but not enough", { card: { receiveQueues: 2, mostQueues: 3 } }, ["eth0 receive queues: 2 → 3"]],
  ["it has but one", { card: { receiveQueues: 1, mostQueues: 1 } }, ["eth0 packet steering (RPS): off → f"]],
  ["its packets are steered", { card: { receiveQueues: 1, mostQueues: 1, steeredTo: 4 } }, []],
  ["all queues interrupt one", { card: { interruptProcessors: 1 } }, ["eth0 interrupts: 1 processor → several"]],
  ["there is but one", { card: { receiveQueues: 1 }, processors: 1 }, []],
  [
    "there are many",
    { card: { receiveQueues: 1, mostQueues: 1 }, processors: 40 },
    ["eth0 packet steering (RPS): off → ff,ffffffff"],
  ],
])("processors: %s", (_, difference, advice) => {
  expect(brief(difference)).toEqual(advice);
});

test("receive offload is on where there is a card", () => {
  expect(adviceOn({ card: { receiveOffload: false } })).toEqual([
    {
      setting: "eth0 receive offload (GRO)",
      now: "off",
      advised: "on",
      because: "bulk data passes in many small pieces",
      command: "ethtool -K eth0 gro on",
      urgent: false,
    },
  ]);
  expect(brief({ card: { isCard: false, receiveOffload: false, receiveQueues: 1, mostQueues: 1 } })).toEqual([]);
});
