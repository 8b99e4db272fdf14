import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Outcome, run } from "../topology/command.js";
import { vipairConfiguration } from "../vipair/configuration.js";
import { newSecret, vipaird } from "../vipair/node.js";

let directory: string;
let good: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "vipair-config-"));
  const secret = join(directory, "pair.key");
  writeFileSync(secret, await newSecret(), { mode: 0o600 });
  good = vipairConfiguration(secret);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function check(text: string): Promise<Outcome> {
  const file = join(directory, "vipair.yaml");
  writeFileSync(file, text);
  return run([vipaird, "--config", file, "--node", "lb1", "--check"]);
}

test("a good file is accepted", async () => {
  const outcome = await check(good);
  expect(outcome).toMatchObject({ code: 0 });
});

test("every problem is named with line and column, and the daemon exits with 78", async () => {
  const bad = good.replace("interval: 100ms", "interval: soon").replace("  echo:\n    listen:", "  echo:\n    lisen:");
  const line = (text: string): number => bad.split("\n").findIndex((each) => each.includes(text)) + 1;
  const outcome = await check(bad);
  expect(outcome.code).toBe(78);
  const said = outcome.stdout + outcome.stderr;
  expect(said).toMatch(new RegExp(`:${line("interval: soon")}:\\d+`));
  expect(said).toMatch(new RegExp(`:${line("lisen:")}:\\d+`));
});

test("a daemon started with a bad file exits with 78 and touches nothing", async () => {
  const file = join(directory, "bad.yaml");
  writeFileSync(file, good.replace("priority: 200", "priority: 900"));
  const outcome = await run([vipaird, "--config", file, "--node", "lb1", "--socket", join(directory, "x.sock")]);
  expect(outcome.code).toBe(78);
});

test("a file that is not there is an error, not a crash", async () => {
  const outcome = await run([vipaird, "--config", join(directory, "missing.yaml"), "--check"]);
  expect(outcome.code).toBe(78);
  expect(outcome.stdout + outcome.stderr).not.toMatch(/\n\s+at .*\.js/);
});
