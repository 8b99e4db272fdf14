export { nextDeadline } from "./deadline.js";
export type { BalanceEffect, CutConnections } from "./effect.js";
export type { BalanceEvent } from "./event.js";
export { initialBalance } from "./initial.js";
export { healthRecord, knownHealth, type ServerView, type ServiceView, serviceViews } from "./report.js";
export type { BalanceState, Probing, ServerState, ServiceState } from "./state.js";
export { type BalanceStep, stepBalance } from "./step.js";
export { whyServer } from "./why.js";
