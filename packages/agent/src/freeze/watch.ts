import { type Accounts, bootClock, readAccounts } from "@vipair/kernel";
import { after, elapsed, type Millis } from "@vipair/model";
import { type Looks, lookEvery } from "../look/looks.js";
import { explainFreeze, type Freeze } from "./freeze.js";

/** Notices by the lateness of the looks that this process did not run. */
export interface FreezeWatch {
  close(): void;
}

export interface FreezeWatchOptions {
  readonly looks: Pick<Looks, "add">;
  /** Anything shorter is no freeze. */
  readonly longerThan: Millis;
  readonly frozen: (freeze: Freeze) => void;
  readonly read?: () => Accounts;
}

/** The accounts cost more to read than the clock: once a second is enough, and once more after a freeze. */
const readEveryLooks = 50;

export function watchFreezes({ looks, longerThan, frozen, read = readAccounts }: FreezeWatchOptions): FreezeWatch {
  let accounts = read();
  let last = accounts.at;
  let count = 0;
  const look = (): void => {
    const due = after(last, lookEvery);
    const now = bootClock();
    last = now;
    const late = elapsed(due, now) > longerThan;
    if (!late && ++count < readEveryLooks) return;
    count = 0;
    const before = accounts;
    accounts = read();
    if (late) frozen(explainFreeze(due, before, accounts));
  };
  return { close: looks.add(look) };
}
