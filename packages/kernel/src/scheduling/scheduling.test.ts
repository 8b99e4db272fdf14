import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { obstacle } from "../laboratory/namespace.js";

const library = new URL("../../dist/index.js", import.meta.url).href;

/** In a process of its own: priority and locked memory stay with a process. */
function inProcess(script: string): unknown {
  const source = `import { readFileSync } from "node:fs";
    import { lockMemory, raiseScheduling } from ${JSON.stringify(library)};
    const status = (name) => Number(new RegExp(name + ":\\\\s+(\\\\d+)").exec(readFileSync("/proc/self/status", "utf8"))[1]);
    ${script}`;
  return JSON.parse(
    execFileSync(process.execPath, ["--expose-gc", "--input-type=module", "-e", source], { encoding: "utf8" }),
  );
}

test.skipIf(obstacle !== undefined)("threads of libuv's pool inherit the real-time priority", () => {
  const script = `
    const scheduling = raiseScheduling();
    const { readFile, readdir } = await import("node:fs/promises");
    const before = await readdir("/proc/self/task");
    await Promise.all(Array.from({ length: 8 }, () => readFile("/proc/self/status")));
    const { readlinkSync, readdirSync } = await import("node:fs");
    const policies = readdirSync("/proc/self/task").map((thread) => ({
      name: readFileSync("/proc/self/task/" + thread + "/comm", "utf8").trim(),
      policy: readFileSync("/proc/self/task/" + thread + "/stat", "utf8").split(") ")[1].split(" ")[38],
    }));
    const main = policies[0];
    const pool = policies.filter(({ name }) => name.startsWith("libuv-worker") || name === "node").filter(({ policy }) => policy === "1");
    console.log(JSON.stringify({ scheduling, main: main.policy, raised: pool.length }));`;
  const result = inProcess(script) as { scheduling: string; main: string; raised: number };
  expect(result.scheduling).toBe("fifo");
  expect(result.main).toBe("1");
  expect(result.raised).toBeGreaterThanOrEqual(5);
});

test.skipIf(obstacle !== undefined)("locked memory survives garbage collection and the end of the process", () => {
  const script = `
    const locked = lockMemory();
    for (let round = 0; round < 20; round++) { Array.from({ length: 100_000 }, (_, i) => ({ i, text: String(i) })); gc(); }
    console.log(JSON.stringify({ locked, lockedKb: status("VmLck") }));`;
  expect(inProcess(script)).toEqual({ locked: true, lockedKb: expect.any(Number) });
});
