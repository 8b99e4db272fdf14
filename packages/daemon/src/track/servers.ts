import { type Health, type Millis, millisOf, type ServerCount, type Service } from "@vipair/model";

/**
 * What this node reaches of all real servers, for the election. One whose health nobody knows yet counts as up: it speaks
 * for neither node. Both nodes probe in their own rhythm, so the slower one may notice an interval and one probe later.
 */
export function reachServers(
  services: readonly Service[],
  views: readonly { readonly servers: readonly { readonly health: Health }[] }[],
): ServerCount {
  const servers = views.flatMap((service) => service.servers);
  const up = servers.filter(({ health }) => health !== "down").length;
  return { up: servers.length === 0 ? 1_000 : Math.floor((1_000 * up) / servers.length), lag: lagOf(services) };
}

const lagOf = (services: readonly Service[]): Millis =>
  millisOf(
    Math.max(0, ...services.map((service) => (service.kind === "balanced" ? service.interval + service.timeout : 0))),
  );
