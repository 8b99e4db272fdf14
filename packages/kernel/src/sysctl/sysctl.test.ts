import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { because, enterNamespace, obstacle } from "../laboratory/namespace.js";
import { openSysctls } from "./sysctl.js";

const value = (path: string): string => readFileSync(`/proc/sys/${path}`, "utf8").trim();
const forward = "net/ipv4/ip_forward";
const ports = "net/ipv4/ip_local_port_range";

describe.skipIf(obstacle !== undefined)(`sysctl${because}`, () => {
  let directory: string;
  let stateFile: string;

  beforeAll(enterNamespace);
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "vpk-"));
    stateFile = join(directory, "sysctl.json");
    writeFileSync(`/proc/sys/${forward}`, "0");
    writeFileSync(`/proc/sys/${ports}`, "32768 60999");
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  afterAll(() => expect(existsSync(directory ?? "")).toBe(false));

  test("values are set, and restored", () => {
    const sysctls = openSysctls({ stateFile });
    expect(sysctls.set({ "net.ipv4.ip_forward": "1", [ports]: "10000 20000" })).toEqual({ ok: true });
    expect([value(forward), value(ports)]).toEqual(["1", "10000\t20000"]);
    sysctls.set({ [ports]: "11000 20000" });
    expect(sysctls.restore()).toEqual({ ok: true });
    expect([value(forward), value(ports)]).toEqual(["0", "32768\t60999"]);
    expect(existsSync(stateFile)).toBe(false);
  });

  test("a run that crashed is restored by the next one", () => {
    openSysctls({ stateFile }).set({ "net.ipv4.ip_forward": "1" });
    const next = openSysctls({ stateFile });
    expect(next.set({ "net.ipv4.ip_forward": "1" })).toEqual({ ok: true });
    next.restore();
    expect(value(forward)).toBe("0");
  });

  test("what is right already is neither written nor remembered", () => {
    const sysctls = openSysctls({ stateFile });
    expect(sysctls.set({ "net.ipv4.ip_forward": "0", [ports]: "32768   60999" })).toEqual({ ok: true });
    expect(existsSync(stateFile)).toBe(false);
  });

  test("what cannot be set is named; the rest is set", () => {
    const sysctls = openSysctls({ stateFile });
    const outcome = sysctls.set({ "net.no.such": "1", [ports]: "not a range", "net.ipv4.ip_forward": "1" });
    expect(outcome).toEqual({ ok: false, error: `set net.no.such: ENOENT; set ${ports}: EINVAL` });
    expect(value(forward)).toBe("1");
    sysctls.restore();
    expect(value(forward)).toBe("0");
  });

  test("a state file that is no state remembers nothing", () => {
    writeFileSync(stateFile, "{ broken");
    expect(openSysctls({ stateFile }).restore()).toEqual({ ok: true });
  });
});
