export * from "./balance/index.js";
export * from "./health/health.js";
export * from "./rates/rates.js";
export * from "./ruleset/index.js";
export { roundRobinSlots } from "./slots/roundRobin.js";
export { sourceHashSlots } from "./slots/sourceHash.js";
export type { OwnershipEvent } from "./stray/stray.js";
export { advise, expectedConnections, type TuningCase } from "./tuning/advise.js";
