export { countLinks } from "./bpf/ingress.js";
export { bootClock } from "./clock/boot-clock.js";
export { type Conntrack, type Insertion, type InsertOptions, openConntrack } from "./conntrack/conntrack.js";
export type { Selection } from "./conntrack/filter.js";
export { type ConnectionTimeouts, readConnectionTimeouts } from "./conntrack/settings.js";
export { flowSlot, readFlow, type SlotKind, slotKey, slotKind, slotKinds, writeFlow } from "./conntrack/slot.js";
export {
  type FlowEvents,
  type FlowWatch,
  type FlowWatchOptions,
  type Followed,
  watchFlows,
} from "./conntrack/watch.js";
export { type FastPath, fastPathRoom, openFastPath, removeFastPath } from "./fast-path/fast-path.js";
export type { BusyFlow, YoungConnection } from "./fast-path/layout.js";
export { type LeaseEnd, openLeaseEnd } from "./fast-path/lease-end.js";
export { type Young, type YoungServer, type YoungService, youngCounts, youngSlots } from "./fast-path/young.js";
export { writeWhole } from "./file/whole.js";
export { fenceTables } from "./lease/fence.js";
export { isKernelError } from "./libc/errno.js";
export { findInterface, interfaceIndex, openCarrier } from "./link/link.js";
export { type RouteEvent, watchRoutes } from "./monitor/routes.js";
export { type TableEvent, type TableWatch, watchTables } from "./monitor/tables.js";
export type { Watch } from "./monitor/watch.js";
export { askNeighbour } from "./neighbour/ask.js";
export { type AddressSight, openAddressSight } from "./neighbour/sight.js";
export type { Sighting } from "./neighbour/sighting.js";
export { type Counter, type Nftables, openNftables } from "./nftables/nftables.js";
export type { TableFamily, TableName } from "./nftables/table.js";
export type { TimedMap } from "./nftables/timed-map/message.js";
export { elementSlot } from "./nftables/timed-map/slot.js";
export { openTimedMaps, type Placement, type TimedMaps } from "./nftables/timed-map/timed-maps.js";
export { type Notifier, openNotifier } from "./notify/notify.js";
export { KernelOwnership, openOwnership } from "./ownership.js";
export { type Accounts, readAccounts } from "./scheduling/accounts.js";
export { lockMemory, raiseScheduling, type Scheduling } from "./scheduling/scheduling.js";
export { openSysctls, type Sysctls } from "./sysctl/sysctl.js";
export { readTuning } from "./tuning/readings.js";
export { type ReadableWatch, watchReadable } from "./vrrp-socket/readable.js";
export { type VrrpPacket, VrrpSocket, type VrrpSocketOptions } from "./vrrp-socket/socket.js";
