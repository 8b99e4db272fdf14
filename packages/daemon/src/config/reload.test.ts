import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ConfigError, nodeName, readConfigFile } from "./file.js";
import { reloadConfig } from "./reload.js";

const text = `
pair:
  name: mail
  secretFile: /etc/vipair/pair.key
  nodes:
    lb1: { address: 192.0.2.1, priority: 200 }
    lb2: { address: 192.0.2.2, priority: 100 }
  heartbeat: { routerId: 51, interfaces: [eth0] }
addresses:
  - { address: 198.51.100.10/24, interface: eth0 }
services:
  web:
    listen: 198.51.100.10:80
    servers:
      s1: { address: 10.0.0.1:80 }
`;
let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "vipair-config-"));
  path = join(directory, "vipair.yaml");
  writeFileSync(path, text);
});
afterEach(() => rmSync(directory, { recursive: true }));

it("accepts a change of services", () => {
  const current = readConfigFile(path);
  writeFileSync(path, text.replace("10.0.0.1:80", "10.0.0.2:80"));
  const reload = reloadConfig(path, current);
  expect(reload).toMatchObject({ type: "accepted", file: { text: text.replace("10.0.0.1:80", "10.0.0.2:80") } });
});

it.each([
  ["pair", "priority: 200", "priority: 150"],
  ["addresses", "{ address: 198.51.100.10/24", "{ address: 198.51.100.10/25"],
])("refuses a change of %s", (what, from, to) => {
  const current = readConfigFile(path);
  writeFileSync(path, text.replace(from, to));
  expect(reloadConfig(path, current)).toEqual({
    type: "refused",
    report: `${path}: a change of ${what} needs a restart of vipaird`,
  });
});

it("refuses a wrong file, and one that is gone, and keeps nothing of it", () => {
  const current = readConfigFile(path);
  writeFileSync(path, text.replace("listen:", "lisen:"));
  expect(reloadConfig(path, current)).toMatchObject({ type: "refused", report: expect.stringContaining("lisen") });
  rmSync(path);
  expect(reloadConfig(path, current)).toEqual({ type: "refused", report: `${path}: error: there is no such file\n` });
});

it("knows the node by the name given, and no other", () => {
  const { config } = readConfigFile(path);
  expect(nodeName(config, "lb2")).toBe("lb2");
  expect(() => nodeName(config, "lb3")).toThrow(ConfigError);
});
