import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The clocks that one process sees: its CLOCK_REALTIME, off by what is set here while it runs (libfaketime), and CLOCK_MONOTONIC
 * and CLOCK_BOOTTIME, off from the host's by a constant (a time namespace). Those of the host stay as they are.
 */
export class FalseClocks {
  readonly #file: string;
  readonly #bootedEarlierMs: number;

  /** @param directory where the clock lies; `name` keeps it apart from others */
  constructor(directory: string, name: string, aheadMs: number, bootedEarlierMs: number) {
    this.#file = join(directory, `${name}.clock`);
    this.#bootedEarlierMs = bootedEarlierMs;
    this.set(aheadMs);
  }

  /** To put before the command of the process. */
  get prefix(): readonly string[] {
    const seconds = String(this.#bootedEarlierMs / 1_000);
    // The dynamic linker says what $LIB is here.
    const faketime = ["LD_PRELOAD=/usr/$LIB/faketime/libfaketimeMT.so.1", `FAKETIME_TIMESTAMP_FILE=${this.#file}`];
    const options = ["FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1"];
    return ["unshare", "--time", "--boottime", seconds, "--monotonic", seconds, "env", ...faketime, ...options];
  }

  /** From now on the wall clock is so far ahead of the host's, or behind. */
  set(aheadMs: number): void {
    const whole = `${this.#file}.next`;
    writeFileSync(whole, `${aheadMs < 0 ? "" : "+"}${aheadMs / 1_000}\n`);
    renameSync(whole, this.#file);
  }
}
