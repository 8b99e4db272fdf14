import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import type { Worker } from "node:worker_threads";
import {
  type Conntrack,
  type FlowEvents,
  type FlowWatch,
  type FlowWatchOptions,
  flowSlot,
  openConntrack,
  readFlow,
  type SlotKind,
  slotKey,
  slotKind,
  watchFlows,
} from "@vipair/kernel";
import { encodeRecords, type Flow, flowMark, flowMarkMask, flowStatus, tcpStates } from "@vipair/model";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { because, enterNamespace, obstacle, run, until } from "../laboratory/namespace.js";
import { type Neighbour, openNeighbour } from "../laboratory/two-hosts.js";

// The thread runs what was compiled, and so does everything here that has to do with it.
const library = JSON.stringify(new URL("../../dist/index.js", import.meta.url).href);
const selection = { mark: flowMark, mask: flowMarkMask };
const synReceived = 2;

interface Seen {
  readonly kind: SlotKind;
  readonly key: string;
  readonly flow: Flow;
}

function flow(clientPort: number, mark = flowMark | 7): Flow {
  const client = { family: 4, text: "198.51.100.1" } as const;
  return {
    protocol: 17,
    original: {
      source: client,
      sourcePort: clientPort,
      destination: { family: 4, text: "192.0.2.10" },
      destinationPort: 53,
    },
    reply: {
      source: { family: 4, text: "10.0.0.11" },
      sourcePort: 53,
      destination: client,
      destinationPort: clientPort,
    },
    status: flowStatus.seenReply | flowStatus.confirmed | flowStatus.destinationTranslated,
    timeout: 300,
    mark,
    tcp: undefined,
  };
}

const assured = (clientPort: number): Flow => ({
  ...flow(clientPort),
  status: flowStatus.seenReply | flowStatus.assured | flowStatus.confirmed | flowStatus.destinationTranslated,
});

describe.skipIf(obstacle !== undefined)(`events of connections${because}`, () => {
  /** Opened before the watch, as the daemon's. */
  let own: Conntrack;
  /** Opened after it: what it does is news. */
  let other: Conntrack;
  let watch: FlowWatch;
  let worker: Worker;
  let seen: Seen[] = [];
  let overruns: string[] = [];

  const take = (events: FlowEvents): void => {
    if (events.type === "overrun") {
      overruns.push(events.reason);
      return;
    }
    const view = new DataView(events.slots);
    for (let slot = 0; slot < view.byteLength; slot += flowSlot.size) {
      seen.push({ kind: slotKind(view, slot), key: slotKey(view, slot), flow: readFlow(view, slot) });
    }
  };
  const keysOf = (kind: SlotKind): Set<string> =>
    new Set(seen.filter((one) => one.kind === kind).map(({ key }) => key));
  /** Opens the watch, and waits until its thread reads. */
  const open = async (options: Partial<FlowWatchOptions> = {}): Promise<void> => {
    const started = once(process, "worker") as Promise<[Worker]>;
    watch = watchFlows({ ...selection, ...options }, take);
    [worker] = await started;
    other = openConntrack();
    other.insert([assured(1)]);
    await until(() => seen.length > 0);
    seen = [];
  };

  beforeAll(() => {
    enterNamespace();
    run("echo 1 > /proc/sys/net/netfilter/nf_conntrack_events");
  });
  beforeEach(() => {
    seen = [];
    overruns = [];
    own = openConntrack();
  });
  afterEach(async () => {
    await watch.close();
    own.removeRecords(encodeRecords(own.dump({ mark: 0, mask: 0 })));
    own.close();
    other.close();
  });

  describe("of traffic", () => {
    let neighbour: Neighbour;
    let server: Server;

    beforeAll(async () => {
      neighbour = await openNeighbour();
      run(`ip addr add 192.0.2.10/32 dev v0; nft -f - <<END
table inet vipair {
  chain prerouting {
    type nat hook prerouting priority dstnat
    ip daddr 192.0.2.10 tcp dport 443 ct mark set ${flowMark | 7} dnat ip to 192.0.2.1:8443
    ip daddr 192.0.2.10 tcp dport 444 ct mark set ${flowMark | 8} dnat ip to 192.0.2.1:8443
  }
  chain output {
    type filter hook output priority 0
    ct mark ${flowMark | 8} drop
  }
}
END`);
      server = createServer((socket) => socket.end()).listen(8443, "192.0.2.1");
      await once(server, "listening");
    });
    afterAll(async () => {
      server?.close();
      await neighbour?.close();
    });

    test("a translated connection is told from birth to end, one without the mark is not", async () => {
      await open();
      neighbour.host.run("bash -c 'exec 3<>/dev/tcp/192.0.2.1/8443'");
      neighbour.host.run("bash -c 'exec 3<>/dev/tcp/192.0.2.10/443'");
      await until(() => seen.some((one) => one.flow.tcp?.state === tcpStates.established));
      run("conntrack -D -p tcp 2>/dev/null");
      await until(() => seen.some(({ kind }) => kind === "destroy"));
      expect(seen[0]).toMatchObject({
        kind: "new",
        flow: {
          protocol: 6,
          original: {
            source: { family: 4, text: "192.0.2.2" },
            destination: { family: 4, text: "192.0.2.10" },
            destinationPort: 443,
          },
          reply: {
            source: { family: 4, text: "192.0.2.1" },
            sourcePort: 8443,
            destination: { family: 4, text: "192.0.2.2" },
          },
          mark: flowMark | 7,
        },
      });
      expect((seen[0]?.flow.status ?? 0) & flowStatus.destinationTranslated).toBe(flowStatus.destinationTranslated);
      expect(seen.at(-1)).toMatchObject({ kind: "destroy", flow: { mark: flowMark | 7 } });
      expect(new Set(seen.map(({ key }) => key)).size).toBe(1);
      expect(new Set(seen.map(({ kind }) => kind))).toEqual(new Set(["new", "update", "destroy"]));
    });

    test("a flood of connections that are never established is not told, where only assured ones count", async () => {
      await open({ onlyLasting: true });
      const half = `for (let n = 0; n < 300; n++) require("net").connect(444, "192.0.2.10").on("error", () => {});
        setTimeout(process.exit, 100);`;
      neighbour.host.run(`${process.execPath} -e '${half}'`);
      const flood = own.dump({ mark: flowMark | 8, mask: 0xffff_ffff });
      expect(flood.map(({ tcp }) => tcp?.state)).toEqual(Array(300).fill(synReceived));
      neighbour.host.run("bash -c 'exec 3<>/dev/tcp/192.0.2.10/443'");
      run("conntrack -D -p tcp 2>/dev/null");
      await until(() => seen.some(({ kind }) => kind === "destroy"));
      // The first that is told of it says all that another kernel needs.
      expect(seen[0]?.flow).toMatchObject({ mark: flowMark | 7, tcp: { state: tcpStates.established } });
      expect(seen[0]?.flow.tcp?.scaleReply).toBeGreaterThan(0);
      expect(new Set(seen.map(({ key }) => key)).size).toBe(1);
    });

    test("of a connection that closes, only that it is established, closed and gone is told", async () => {
      await open({ onlyLasting: true });
      neighbour.host.run("bash -c 'exec 3<>/dev/tcp/192.0.2.10/443'");
      await until(() => seen.some((one) => one.flow.tcp?.state === tcpStates.timeWait));
      run("conntrack -D -p tcp 2>/dev/null");
      await until(() => seen.some(({ kind }) => kind === "destroy"));
      expect(seen.map(({ kind, flow }) => [kind, flow.tcp?.state])).toEqual([
        ["update", tcpStates.established],
        ["update", tcpStates.timeWait],
        ["destroy", tcpStates.timeWait],
      ]);
    });
  });

  test("nothing is told while nothing is followed", async () => {
    await open();
    watch.follow("nothing");
    other.insert([flow(2)]);
    other.removeRecords(encodeRecords([flow(2)]));
    watch.follow("everything");
    other.insert([flow(3)]);
    await until(() => seen.length > 0);
    expect(seen.map(({ kind, flow }) => [kind, flow.original.sourcePort])).toEqual([["new", 3]]);
  });

  test("only ends are told while nothing else is followed", async () => {
    await open();
    watch.follow("ends");
    other.insert([flow(2)]);
    other.removeRecords(encodeRecords([flow(2)]));
    await until(() => seen.length > 0);
    watch.follow("everything");
    other.insert([flow(3)]);
    await until(() => seen.length > 1);
    expect(seen.map(({ kind, flow }) => [kind, flow.original.sourcePort])).toEqual([
      ["destroy", 2],
      ["new", 3],
    ]);
  });

  test("ends of connections that were not assured are not told, where only assured ones count", async () => {
    await open({ onlyLasting: true });
    const sorts = [flow(2), assured(3)];
    other.insert(sorts);
    other.removeRecords(encodeRecords(sorts));
    await until(() => seen.length > 1);
    expect(seen.map(({ kind, flow }) => [kind, flow.original.sourcePort])).toEqual([
      ["new", 3],
      ["destroy", 3],
    ]);
  });

  test("what this process does itself is not told", async () => {
    await open();
    own.insert([flow(2)]);
    own.removeRecords(encodeRecords([flow(2)]));
    other.insert([flow(3)]);
    await until(() => seen.length > 0);
    expect(seen.map((one) => one.flow.original.sourcePort)).toEqual([3]);
  });

  test("what it does by a table whose changes are news is told", async () => {
    const told = openConntrack({ isNews: true });
    await open();
    told.insert([flow(2)]);
    told.removeRecords(encodeRecords([flow(2)]));
    told.close();
    await until(() => keysOf("destroy").size > 0);
    expect(seen.map(({ kind }) => kind)).toEqual(["new", "destroy"]);
  });

  test("twenty thousand births arrive while the event loop is busy", async () => {
    await open();
    const births = insertElsewhere(20_000);
    await births.ready;
    births.begin();
    // Longer than the kernel's buffer lasts.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    await births.done;
    await until(() => keysOf("new").size === 20_000);
    expect(seen).toHaveLength(20_000);
    expect(overruns).toEqual([]);
  });

  test("a small buffer overruns, and the ends of connections come nevertheless", async () => {
    await open({ receiveBufferBytes: 65_536 });
    const births = insertElsewhere(3000);
    await births.ready;
    births.begin();
    await births.done;
    run("conntrack -F 2>/dev/null");
    await until(() => keysOf("destroy").size >= 3000, 15_000);
    expect(overruns).toContain("they came faster than they were read");
  });

  test("foreign connections take no room in the buffer", async () => {
    await open({ receiveBufferBytes: 8192 });
    other.insert(Array.from({ length: 3000 }, (_, index) => flow(index + 1000, 0x1234)));
    other.insert([flow(2)]);
    await until(() => seen.length > 0);
    expect(seen.map((one) => one.flow.original.sourcePort)).toEqual([2]);
    expect(overruns).toEqual([]);
  });

  test("closing ends the thread promptly", async () => {
    await open();
    const start = performance.now();
    await watch.close();
    expect(performance.now() - start).toBeLessThan(200);
    expect(worker.threadId).toBe(-1);
    other.insert([flow(2)]);
    expect(seen).toEqual([]);
  });

  test("a thread that dies is an overrun, and another one follows", async () => {
    await open();
    const following = once(process, "worker");
    await worker.terminate();
    other.insert([flow(2)]);
    await following;
    await until(() => seen.length > 0);
    expect(overruns).toEqual(["the thread that reads them ended"]);
    expect(seen.map((one) => one.flow.original.sourcePort)).toEqual([2]);
  });

  test.each([
    ["with nothing more to do", ""],
    ["by process.exit", "process.exit(0);"],
  ])("a process that watches ends promptly %s", async (_, last) => {
    await open();
    // The first event says that the thread reads; soon after it waits for the next.
    const child = script(`const patience = setTimeout(() => process.exit(1), 10_000);
      process.on("exit", () => console.log("bye"));
      watchFlows({ mark: 0, mask: 0 }, () => {
        clearTimeout(patience);
        setTimeout(() => { ${last} }, 50);
      });
      openConntrack().insert([${JSON.stringify(flow(9))}]);`);
    await once(child.stdout, "data");
    const start = performance.now();
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(performance.now() - start).toBeLessThan(400);
  });
});

function script(body: string) {
  const source = `import { openConntrack, watchFlows } from ${library};\n${body}`;
  return spawn(process.execPath, ["--input-type=module", "-e", source], { stdio: ["pipe", "pipe", "inherit"] });
}

/** Another process that, once told to, inserts connections with the client's ports 1000 and up. */
function insertElsewhere(count: number) {
  const child = script(`const flow = ${JSON.stringify(flow(0))};
    const flows = Array.from({ length: ${count} }, (_, index) => ({
      ...flow,
      original: { ...flow.original, sourcePort: index + 1000 },
      reply: { ...flow.reply, destinationPort: index + 1000 },
    }));
    const conntrack = openConntrack();
    console.log("ready");
    process.stdin.once("data", () => {
      if (conntrack.insert(flows).inserted !== flows.length) process.exitCode = 1;
      process.stdin.destroy();
    });`);
  return {
    ready: once(child.stdout, "data"),
    begin: () => child.stdin.write("x"),
    done: once(child, "exit"),
  };
}
