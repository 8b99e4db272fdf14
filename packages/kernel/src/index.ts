export { bootClock } from "./clock/boot-clock.js";
export { fenceTables } from "./lease/fence.js";
export { carrierUp } from "./link/link.js";
export { type RouteEvent, watchRoutes } from "./monitor/routes.js";
export { type TableEvent, type WatchedTable, watchTables } from "./monitor/tables.js";
export type { Watch } from "./monitor/watch.js";
export type { Outcome } from "./outcome.js";
export { KernelOwnership, type Ownership, openOwnership } from "./ownership.js";
export { lockMemory, raiseScheduling, type Scheduling } from "./scheduling/scheduling.js";
