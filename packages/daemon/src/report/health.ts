import { type Health, type NodeReport, serverKey } from "@vipair/model";

/** How the peer sees every server, by `service/server`; empty while the peer link is down. */
export function peerHealth(report: NodeReport | undefined): Record<string, Health> {
  const servers = (report?.services ?? []).flatMap((service) =>
    service.servers.map((server) => [serverKey(service.name, server.name), server.health] as const),
  );
  return Object.fromEntries(servers);
}
