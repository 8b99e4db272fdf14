import { renderDraw } from "./draw.js";
import { serverChain, sorryChain } from "./name.js";
import { drawRules, isPersistent } from "./persistence.js";
import type { BalancedRules } from "./ruleset.js";

/**
 * The rules of a service's chain: mark the connection, then choose a server. Without any, the packet falls through to
 * the input chain and is refused there.
 */
export function choiceRules(rules: BalancedRules): readonly string[] {
  if (isPersistent(rules) && rules.eligible.length > 0) return drawRules(rules);
  const choice = renderChoice(rules);
  return choice === undefined ? [] : [`ct mark set 0x${rules.mark.toString(16)}`, choice];
}

function renderChoice(rules: BalancedRules): string | undefined {
  const { name, eligible, sorry } = rules;
  const [only] = eligible;
  if (only === undefined) return sorry === undefined ? undefined : `goto ${sorryChain(name)}`;
  if (eligible.length === 1) return `goto ${serverChain(name, only.name)}`;
  return renderDraw(rules, "vmap", (server) => `goto ${serverChain(name, server)}`);
}
