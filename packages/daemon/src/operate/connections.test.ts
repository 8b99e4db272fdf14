import type { serviceViews } from "@vipair/balancer";
import { flowSlot, writeFlow } from "@vipair/kernel";
import type { ConnectionReport, Flow, Protection } from "@vipair/model";
import { decodeRecord } from "@vipair/sync";
import { expect, it, vi } from "vitest";
import type { ConnectionFilter } from "../control/index.js";
import { flowOf } from "../pair/example.fixture.js";
import { type ListingParts, listConnections } from "./connections.js";

/** The service `web` with the server `s1`, as far as a listing looks at it. */
const state = {
  redirectPort: undefined,
  services: [
    {
      service: { kind: "balanced", name: "web", sorry: undefined },
      mark: 0x5650_0001,
      servers: [
        {
          server: { name: "s1", address: { address: { family: 4, text: "10.0.0.1" }, port: 80 } },
          health: { health: "up" },
          admin: "enabled",
        },
      ],
    },
  ],
} as unknown as Parameters<typeof serviceViews>[0];

const toOther = (flow: Flow): Flow => ({
  ...flow,
  reply: { ...flow.reply, source: { family: 4, text: "10.0.0.9" } },
});

const flows: Flow[] = [
  flowOf(1),
  toOther(flowOf(2)),
  { ...flowOf(3), protocol: 17, tcp: undefined, timeout: 20 },
  { ...flowOf(4, 1), status: 0x188 },
  { ...flowOf(5), mark: 0x5650_0009 },
];
const protections: Record<number, Protection> = { 1: "yes", 2: "sent", 3: "no", 4: "no", 5: "held" };

const dumpSlots = vi.fn(async function* () {
  for (const flow of flows) {
    const slots = new ArrayBuffer(flowSlot.size);
    writeFlow(new DataView(slots), 0, flow);
    yield slots;
  }
});
const parts: ListingParts = {
  conntrack: { dumpSlots },
  replicator: {
    protection: (view, offset) => protections[decodeRecord(view, offset)?.original.sourcePort ?? 0] ?? "no",
  },
  loop: { state },
};

async function list(filter: Partial<ConnectionFilter> = {}): Promise<ConnectionReport[]> {
  const listed: ConnectionReport[] = [];
  for await (const some of listConnections(parts, { unprotected: false, ...filter })) listed.push(...some);
  return listed;
}

it("says of each connection whose it is, how it stands, and whether the standby has it", async () => {
  const [first, ...others] = await list();
  expect(first).toEqual({
    service: "web",
    protocol: "tcp",
    client: "192.0.2.7:1",
    listener: "198.51.100.10:80",
    server: "10.0.0.1:80",
    serverName: "s1",
    state: "ESTABLISHED",
    timeLeft: 300,
    protection: "yes",
  });
  expect(others).toMatchObject([
    { server: "10.0.0.9:80", protection: "sent" },
    { protocol: "udp", state: "ASSURED", timeLeft: 20, protection: "no" },
    { state: "SYN_SENT", protection: "opening" },
    { service: "0x56500009", protection: "held" },
  ]);
  expect(others[0]).not.toHaveProperty("serverName");
});

it("leaves out what is not wanted, as far as possible in the kernel", async () => {
  expect((await list({ server: "s1" })).map(({ client }) => client)).toEqual([
    "192.0.2.7:1",
    "192.0.2.7:3",
    "192.0.2.7:4",
  ]);
  expect((await list({ unprotected: true })).map(({ protection }) => protection)).toEqual(["sent", "no"]);
  expect(dumpSlots).toHaveBeenLastCalledWith({ mark: 0x5650_0000, mask: 0xffff_0000 });
  await list({ service: "web" });
  expect(dumpSlots).toHaveBeenLastCalledWith({ mark: 0x5650_0001, mask: 0xffff_ffff });
});
