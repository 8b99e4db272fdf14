import { type Accounts, bootClock, readAccounts } from "@vipair/kernel";
import { after, elapsed, type Millis, millisOf } from "@vipair/model";
import { explainFreeze, type Freeze } from "./freeze.js";

/** Notices by the lateness of its own timer that this process did not run. */
export interface FreezeWatch {
  close(): void;
}

export interface FreezeWatchOptions {
  /** Anything shorter is no freeze. */
  readonly longerThan: Millis;
  readonly frozen: (freeze: Freeze) => void;
  readonly read?: () => Accounts;
}

const lookEvery = millisOf(20);
/** The accounts cost more to read than the clock: once a second is enough, and once more after a freeze. */
const readEveryLooks = 50;

export function watchFreezes({ longerThan, frozen, read = readAccounts }: FreezeWatchOptions): FreezeWatch {
  let accounts = read();
  let last = accounts.at;
  let looks = 0;
  const look = (): void => {
    const due = after(last, lookEvery);
    const now = bootClock();
    last = now;
    const late = elapsed(due, now) > longerThan;
    if (!late && ++looks < readEveryLooks) return;
    looks = 0;
    const before = accounts;
    accounts = read();
    if (late) frozen(explainFreeze(due, before, accounts));
  };
  const looking = setInterval(look, lookEvery);
  return { close: () => clearInterval(looking) };
}
