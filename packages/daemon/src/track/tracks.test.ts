import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Health, millisOf, parseAddress, type Track } from "@vipair/model";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { openFailures } from "./failures.js";
import { askGateway } from "./gateway.js";
import { runScript } from "./script.js";
import { countServers } from "./service.js";
import { openTracks, type Tracks } from "./tracks.js";

let directory: string;
let tracks: Tracks | undefined;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "vipair-track-"));
});
afterEach(() => {
  tracks?.close();
  tracks = undefined;
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function script(name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
  return file;
}

it.each([
  ["exit 0", true, "exit status 0"],
  ["exit 3", false, "exit status 3"],
  ["kill -9 $$", false, "ended by SIGKILL"],
  ["exec sleep 60", false, "still ran after 300 ms"],
])("runs a script: %s", async (text, ok, because) => {
  expect(await runScript(script("check", text), millisOf(300))).toEqual({ ok, because });
});

it("says what keeps a script from running", async () => {
  expect(await runScript(join(directory, "nothing"), millisOf(300))).toEqual({ ok: false, because: "ENOENT" });
  writeFileSync(join(directory, "text"), "text");
  expect(await runScript(join(directory, "text"), millisOf(300))).toEqual({ ok: false, because: "EACCES" });
});

const gateway = {
  kind: "gateway",
  gateway: parseAddress("198.51.100.1") ?? { family: 4, text: "" },
  interface: "eth0",
  interval: millisOf(400),
  rise: 2,
  fall: 3,
  weight: 50,
} as const;

it("asks a gateway on its interface, and takes a refusal of the kernel for a failure", async () => {
  const ask = vi
    .fn()
    .mockResolvedValueOnce(true)
    .mockResolvedValueOnce(false)
    .mockRejectedValueOnce(new Error("ENODEV"));
  const answers = [await askGateway(gateway, ask), await askGateway(gateway, ask), await askGateway(gateway, ask)];
  expect(answers).toEqual([
    { ok: true, because: "answers on eth0" },
    { ok: false, because: "no answer on eth0 within 400 ms" },
    { ok: false, because: "ENODEV" },
  ]);
  expect(ask).toHaveBeenCalledWith("eth0", gateway.gateway, 400);
});

const servers = (...healths: Health[]) =>
  healths.map((health, index) => ({
    name: `s${index}`,
    address: "10.0.0.1:80",
    health,
    admin: "enabled" as const,
    weight: 1,
    connections: 0,
    totalConnections: 0,
    connectionsPerSecond: 0,
    because: "",
  }));
const owa = { kind: "service", service: "owa", minimum: 2, weight: undefined } as const;

it.each([
  [["up", "up"], true, "2 of 2 servers, at least 2"],
  [["up", "down"], false, "1 of 2 servers, at least 2"],
  [["up", "unknown"], true, "1 of 2 servers, at least 2"],
] as const)("counts servers: %s", (healths, ok, because) => {
  expect(countServers(owa, [{ name: "owa", servers: servers(...healths) }])).toEqual({ ok, because });
});

it("does not count a server that the operator took out, and takes a service that is gone for one without servers", () => {
  const [one, two] = servers("up", "up");
  const drained = [one, { ...two, admin: "draining" as const }].filter((server) => server !== undefined);
  expect(countServers(owa, [{ name: "owa", servers: drained as ReturnType<typeof servers> }]).ok).toBe(false);
  expect(countServers(owa, [])).toEqual({ ok: false, because: "0 of 0 servers, at least 2" });
});

it("believes the first result at once, and a change when it comes in a row", async () => {
  const file = script("flag", `test -e ${join(directory, "flag-is-up")}`);
  const track: Track = { kind: "script", script: file, interval: millisOf(100), rise: 2, fall: 3, weight: 20 };
  const changed = vi.fn();
  tracks = openTracks({ tracks: [track], services: () => [], changed, countServers: () => undefined });
  await vi.waitFor(() => expect(changed.mock.calls).toEqual([[`script ${file}`, false]]), 5_000);
  writeFileSync(join(directory, "flag-is-up"), "");
  const seen = new Set<string>();
  await vi.waitFor(
    () => {
      for (const { because } of tracks?.report() ?? []) seen.add(because ?? "");
      expect(changed).toHaveBeenLastCalledWith(`script ${file}`, true);
    },
    { timeout: 5_000, interval: 5 },
  );
  expect([...seen]).toContain("exit status 0, success 1 of 2");
  expect(tracks.report()).toEqual([{ track: `script ${file}`, ok: true, weight: 20, because: "exit status 0" }]);
});

it("makes one event of each failure and each recovery, with what it means", () => {
  const record = vi.fn();
  const failures = openFailures({ record });
  const because = [{ track: "gateway 198.51.100.1", ok: false, because: "no answer on eth0 within 400 ms" }];
  const report = { failedTracks: [] as string[], priority: 200, eligible: true };
  failures.reported(report, because);
  failures.reported({ ...report, failedTracks: ["gateway 198.51.100.1"], priority: 150 }, because);
  failures.reported({ ...report, failedTracks: ["gateway 198.51.100.1"], priority: 150 }, because);
  failures.reported({ ...report, failedTracks: ["interface eth0"], eligible: false }, []);
  expect(record.mock.calls.map(([kind, message]) => `${kind}: ${message}`)).toEqual([
    "trackChanged: gateway 198.51.100.1 failed (no answer on eth0 within 400 ms): priority is 150",
    "trackChanged: interface eth0 failed: this node may not be active",
    "trackChanged: gateway 198.51.100.1 recovered: this node may not be active",
  ]);
});
