export { keepsClients, renderEdits } from "./edits.js";
export { serviceMark, serviceMarks } from "./mark.js";
export {
  clientMap,
  passedOnCounter,
  resetCounter,
  serverChain,
  serviceChain,
  sorryChain,
  tableName,
  unkeptCounter,
} from "./name.js";
export { type PersistentRules, persistentServices, serverNumbers } from "./persistence.js";
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
export { sameAddresses, sharedAddresses, type YoungRules, youngServices } from "./young.js";
