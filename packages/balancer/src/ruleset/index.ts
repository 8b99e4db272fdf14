export { renderEdits } from "./edits.js";
export { serviceMark, serviceMarks } from "./mark.js";
export {
  passedOnCounter,
  resetCounter,
  serverChain,
  serviceChain,
  sorryChain,
  tableName,
} from "./name.js";
export { renderRemoval, renderRuleset } from "./render.js";
export {
  type BalancedRules,
  type EligibleServer,
  type RedirectRules,
  type Ruleset,
  type ServerTarget,
  type ServiceRules,
  sameRuleset,
} from "./ruleset.js";
