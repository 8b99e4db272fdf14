import type { CutConnections } from "./effect.js";
import type { ServerState, ServiceState } from "./state.js";

/** All connections of a server end. */
export const cutAll = (service: ServiceState, server: ServerState, reason: string): CutConnections => ({
  type: "cutConnections",
  service: service.service.name,
  server: server.server.name,
  address: server.server.address,
  mark: service.mark,
  which: "all",
  reason,
});

/** The UDP flows of a server end; none for a TCP service. */
export const cutUdp = (service: ServiceState, server: ServerState, reason: string): readonly CutConnections[] =>
  service.service.listen.protocol === "udp" ? [{ ...cutAll(service, server, reason), which: "udp" }] : [];
