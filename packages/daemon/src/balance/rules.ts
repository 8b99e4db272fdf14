import { keepsClients, type Ruleset, renderEdits, renderRemoval, renderRuleset } from "@vipair/balancer";
import type { Nftables } from "@vipair/kernel";

/**
 * The rules in the kernel: the wanted ruleset goes in as the smallest transaction that gets there, and as a whole when
 * that cannot be said or the kernel refused it. What the kernel refuses is tried again until it is in; the same refusal
 * is told once.
 */
export interface Rules {
  /** The kernel has what was wanted last. */
  readonly applied: boolean;
  want(ruleset: Ruleset): void;
  /** Somebody else touched the table: put the whole of it back. */
  restore(): void;
  /** Takes the table out of the kernel. */
  close(): void;
}

const retryMs = 500;

/** @param clientsLost the rules went in without the clients that services remembered, who have to be put back */
export function openRules(
  nftables: Pick<Nftables, "run">,
  refused: (error: string) => void,
  clientsLost: () => void,
): Rules {
  let wanted: Ruleset | undefined;
  let inKernel: Ruleset | undefined;
  let retry: NodeJS.Timeout | undefined;
  let told: string | undefined;

  const apply = (): void => {
    clearTimeout(retry);
    if (wanted === undefined) return;
    const edits = inKernel === undefined ? undefined : renderEdits(inKernel, wanted);
    const edited = edits === undefined ? undefined : nftables.run(edits);
    const outcome = edited?.ok === true ? edited : nftables.run(renderRuleset(wanted));
    const kept = inKernel !== undefined && edited?.ok === true && keepsClients(inKernel, wanted);
    inKernel = outcome.ok ? wanted : undefined;
    if (outcome.ok && !kept) clientsLost();
    const error = outcome.ok ? undefined : outcome.error;
    if (error !== undefined && error !== told) refused(error);
    told = error;
    if (error !== undefined) retry = setTimeout(apply, retryMs);
  };

  return {
    get applied() {
      return wanted !== undefined && inKernel === wanted;
    },
    want: (ruleset) => {
      wanted = ruleset;
      apply();
    },
    restore: () => {
      inKernel = undefined;
      apply();
    },
    close: () => {
      clearTimeout(retry);
      wanted = undefined;
      nftables.run(renderRemoval());
    },
  };
}
