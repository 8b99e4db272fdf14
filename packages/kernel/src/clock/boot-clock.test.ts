import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { because, obstacle } from "../laboratory/namespace.js";
import { bootClock, timeNamespaceOffset } from "./boot-clock.js";

test.skipIf(obstacle !== undefined)(`a time namespace does not hide the kernel's own clock${because}`, () => {
  const clock = JSON.stringify(new URL("../../dist/clock/boot-clock.js", import.meta.url).href);
  const script = `import { bootClock, timeNamespaceOffset } from ${clock};
    console.log(JSON.stringify([bootClock(), timeNamespaceOffset()]));`;
  const command = ["--time", "--boottime", "86400", process.execPath, "--input-type=module", "-e", script];
  const before = bootClock() - timeNamespaceOffset();
  const [there, ahead] = JSON.parse(execFileSync("/usr/bin/unshare", command, { encoding: "utf8" }));
  const after = bootClock() - timeNamespaceOffset();
  expect(ahead).toBe(timeNamespaceOffset() + 86_400_000);
  expect(there - ahead).toBeGreaterThanOrEqual(before);
  expect(there - ahead).toBeLessThanOrEqual(after);
});
