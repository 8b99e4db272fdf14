import { execFile } from "node:child_process";
import type { Millis } from "@vipair/model";
import type { Sample } from "./sample.js";

/** Runs the program; it must exit with 0 in time, or it is killed. Its output is not looked at. */
export function runScript(file: string, timeout: Millis): Promise<Sample> {
  return new Promise((resolve) => {
    // SIGKILL: a check that hangs may not heed anything else.
    execFile(file, [], { timeout, killSignal: "SIGKILL", maxBuffer: 1 << 20 }, (error) => {
      if (error === null) return resolve({ ok: true, because: "exit status 0" });
      const { code, killed, signal } = error;
      const ended = killed === true ? `still ran after ${timeout} ms` : `ended by ${signal}`;
      resolve({ ok: false, because: typeof code === "number" ? `exit status ${code}` : (code ?? ended) });
    });
  });
}
