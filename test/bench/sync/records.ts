import { flowMark } from "@vipair/model";
import { check } from "../../topology/command.js";
import { program } from "../../traffic/instrument.js";

/** Memory of `Source` and `Replica` of `packages/sync` in one fresh process, one filled after the other. */
export interface RecordsResult {
  readonly count: number;
  /** Of these, the ones that the source counts as protected in the end. */
  readonly protected: number;
  readonly source: Held;
  readonly replica: Held;
}

interface Held {
  /** By which the process's resident memory grew, garbage included. */
  readonly residentMb: number;
  /** What it says that it holds. */
  readonly bytes: number;
}

export async function measureRecords(count: number): Promise<RecordsResult> {
  const argv = [process.execPath, program("bench/sync/records-program"), String(count), String((flowMark | 1) >>> 0)];
  return JSON.parse(await check(argv, { timeoutMs: 60_000 })) as RecordsResult;
}
