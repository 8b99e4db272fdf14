import { keepsClients, type Ruleset, renderEdits, renderRemoval, renderRuleset } from "@vipair/balancer";
import type { Nftables } from "@vipair/kernel";

/**
 * The rules in the kernel: the wanted ruleset goes in as the smallest transaction that gets there, and as a whole when
 * the kernel refused that. What the kernel refuses is tried again until it is in; the same refusal is told once.
 *
 * A transaction takes the longer the more services there are. So that thousands of servers whose health becomes known at
 * the same time do not keep the daemon busy, a long transaction is followed by a rest, and the next one has everything that
 * was wanted meanwhile. The first after a quiet while is not: behind a reload comes what the probes of its servers say.
 *
 * A whole table of thousands would keep the kernel, and this process, busy for many seconds: it goes in piece by piece, and
 * other things have their turn in between.
 */
export interface Rules {
  /** The kernel has what was wanted last, or takes it at the end of a rest. */
  readonly applied: boolean;
  want(ruleset: Ruleset): void;
  /** Calls `act` when the kernel has been asked for what was wanted last: now, or at the end of a rest. */
  afterwards(act: () => void): void;
  /** Somebody else touched the table: put the whole of it back. */
  restore(): void;
  /** Takes the table out of the kernel. */
  close(): void;
}

const retryMs = 500;
/** A transaction that takes less needs no rest. */
const shortMs = 2;
/** A rest is so many times as long as the transaction before it. */
const restShare = 4;
const longestRestMs = 500;
/** So many services more than the kernel has are one piece. */
const pieceServices = 500;

/** @param clientsLost the rules went in without the clients that services remembered, who have to be put back */
export function openRules(
  nftables: Pick<Nftables, "run">,
  refused: (error: string) => void,
  clientsLost: () => void,
): Rules {
  let wanted: Ruleset | undefined;
  let inKernel: Ruleset | undefined;
  let retry: NodeJS.Timeout | undefined;
  let rest: NodeJS.Timeout | undefined;
  let restUntil = Number.NEGATIVE_INFINITY;
  let told: string | undefined;
  /** There are pieces to come. */
  let growing = false;
  /** By a piece so far. */
  let lostClients = false;
  const waiting: (() => void)[] = [];

  const apply = (): void => {
    clearTimeout(retry);
    clearTimeout(rest);
    rest = undefined;
    if (wanted === undefined) return;
    const piece = pieceOf(inKernel, wanted);
    transact(piece);
    growing = inKernel !== undefined && piece !== wanted;
    if (growing) {
      rest = setTimeout(apply, 0);
      return;
    }
    if (lostClients && inKernel !== undefined) clientsLost();
    lostClients = false;
    for (const act of waiting.splice(0)) act();
  };
  const run = (commands: string): ReturnType<Nftables["run"]> => {
    const began = performance.now();
    const outcome = nftables.run(commands);
    const ended = performance.now();
    const tookMs = ended - began;
    const needsNone = tookMs < shortMs || began - restUntil > longestRestMs;
    restUntil = needsNone ? ended : ended + Math.min(longestRestMs, restShare * tookMs);
    return outcome;
  };
  const transact = (wanted: Ruleset): void => {
    const edited = inKernel === undefined ? undefined : run(renderEdits(inKernel, wanted));
    const outcome = edited?.ok === true ? edited : run(renderRuleset(wanted));
    const kept = inKernel !== undefined && edited?.ok === true && keepsClients(inKernel, wanted);
    inKernel = outcome.ok ? wanted : undefined;
    lostClients ||= outcome.ok && !kept;
    const error = outcome.ok ? undefined : outcome.error;
    if (error !== undefined && error !== told) refused(error);
    told = error;
    if (error !== undefined) retry = setTimeout(apply, retryMs);
  };

  return {
    get applied() {
      return inKernel !== undefined && !growing && (inKernel === wanted || rest !== undefined);
    },
    want: (ruleset) => {
      wanted = ruleset;
      const restMs = restUntil - performance.now();
      if (restMs <= 0) apply();
      else rest ??= setTimeout(apply, restMs);
    },
    afterwards: (act) => {
      if (rest === undefined) act();
      else waiting.push(act);
    },
    restore: () => {
      inKernel = undefined;
      apply();
    },
    close: () => {
      clearTimeout(retry);
      clearTimeout(rest);
      rest = undefined;
      wanted = undefined;
      nftables.run(renderRemoval());
    },
  };
}

/** What goes in next on the way to the wanted ruleset. */
function pieceOf(inKernel: Ruleset | undefined, wanted: Ruleset): Ruleset {
  const most = (inKernel?.services.length ?? 0) + pieceServices;
  return wanted.services.length <= most ? wanted : { ...wanted, services: wanted.services.slice(0, most) };
}
