import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { because, obstacle } from "../laboratory/namespace.js";

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

test.skipIf(obstacle !== undefined)(`every thread gets real-time priority, libuv's pool too${because}`, () => {
  const script = `
    const { readFile } = await import("node:fs/promises");
    const { readdirSync } = await import("node:fs");
    const scheduling = raiseScheduling();
    await Promise.all(Array.from({ length: 8 }, () => readFile("/proc/self/status")));
    const stat = (thread) => readFileSync("/proc/self/task/" + thread + "/stat", "utf8").split(") ")[1].split(" ");
    const policies = readdirSync("/proc/self/task").map((thread) => stat(thread)[38]);
    console.log(JSON.stringify({ scheduling, policies: [...new Set(policies)] }));`;
  expect(inProcess(script)).toEqual({ scheduling: "fifo", policies: ["1"] });
});

test.skipIf(obstacle !== undefined)(`the threads that the main thread waits for are above it${because}`, () => {
  const script = `
    const { readdirSync } = await import("node:fs");
    raiseScheduling();
    const stat = (thread) => readFileSync("/proc/self/task/" + thread + "/stat", "utf8").split(") ")[1].split(" ");
    const priorities = readdirSync("/proc/self/task").map((thread) => [Number(thread) === process.pid, stat(thread)[37]]);
    const of = (main) => [...new Set(priorities.filter(([isMain]) => isMain === main).map(([, priority]) => priority))];
    console.log(JSON.stringify({ main: of(true), others: of(false) }));`;
  expect(inProcess(script)).toEqual({ main: ["50"], others: ["51"] });
});

test.skipIf(obstacle !== undefined)(
  `locked memory survives garbage collection and the end of the process${because}`,
  () => {
    const script = `
    const locked = lockMemory();
    for (let round = 0; round < 20; round++) { Array.from({ length: 100_000 }, (_, i) => ({ i, text: String(i) })); gc(); }
    console.log(JSON.stringify({ locked, lockedKb: status("VmLck") }));`;
    expect(inProcess(script)).toEqual({ locked: true, lockedKb: expect.any(Number) });
  },
);
