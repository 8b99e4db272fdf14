import type { ServiceReport, Track } from "@vipair/model";
import type { Sample } from "./sample.js";

/**
 * Whether enough servers may get new connections. A server whose health nobody knows yet speaks for neither: a node that
 * starts does not give up before its first probes are answered.
 */
export function countServers(
  { service, minimum }: Track & { readonly kind: "service" },
  services: readonly Pick<ServiceReport, "name" | "servers">[],
): Sample {
  const servers = services.find(({ name }) => name === service)?.servers ?? [];
  const fit = servers.filter(({ health, admin }) => health === "up" && admin === "enabled").length;
  const unknown = servers.filter(({ health }) => health === "unknown").length;
  return {
    ok: fit + unknown >= minimum,
    because: `${fit} of ${servers.length} servers, at least ${minimum}`,
  };
}
