import { type Health, type NodeReport, serverKey } from "@vipair/model";

/** How a node sees every server, by `service/server`; empty when it says nothing. */
export function healthOf(report: NodeReport | undefined): Record<string, Health> {
  const servers = (report?.services ?? []).flatMap((service) =>
    service.servers.map((server) => [serverKey(service.name, server.name), server.health] as const),
  );
  return Object.fromEntries(servers);
}
