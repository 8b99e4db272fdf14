import {
  type BalancedService,
  type Instant,
  instantOf,
  type Millis,
  millisOf,
  type Service,
  serverKey,
  stableHash,
} from "@vipair/model";

/**
 * When probes run. Each probed server has its own moment within its interval: the servers of one interval are put in the
 * order of a stable hash and given evenly spaced moments, so a thousand of them with an interval of 2 s start 5 in every
 * 10 ms and never in a herd. A reload moves nobody far.
 *
 *     interval   |─────────────────────────|─────────────────────────|
 *     server a        ▲                         ▲
 *     server b                 ▲                         ▲
 *     server c                          ▲                         ▲
 *
 * Only the first probes differ: they go out at once, so that health is known early.
 */
export interface ProbeTimes {
  readonly interval: Millis;
  /** 0 to 1: the moment within the interval. */
  readonly position: number;
}

/** From this many servers on, even the first probes are spread. */
const many = 50;
const longestFirstSpread = millisOf(1_000);

/** The probe times of every server with health checks, by `service/server`. */
export function probeTimes(services: readonly Service[], spread: number): ReadonlyMap<string, ProbeTimes> {
  const times = new Map<string, ProbeTimes>();
  for (const [interval, keys] of keysByInterval(services)) {
    for (const [rank, key] of keys.entries()) {
      times.set(key, { interval, position: (rank / keys.length + spread) % 1 });
    }
  }
  return times;
}

/** When the first probe of a server runs, being one of `count` that start together. */
export function firstProbe(now: Instant, times: ProbeTimes, count: number): Instant {
  if (count < many) return now;
  return instantOf(now + times.position * Math.min(times.interval, longestFirstSpread));
}

/**
 * The server's next moment after a probe that started at `since`. The first one may have run off its moment: then the
 * second comes half an interval to one and a half later, and from there on the rhythm is the interval.
 */
export function nextProbe(since: Instant, now: Instant, { interval, position }: ProbeTimes): Instant {
  const offset = position * interval;
  const earliest = Math.max(now, since + interval / 2);
  return instantOf(Math.ceil((earliest - offset) / interval) * interval + offset);
}

function keysByInterval(services: readonly Service[]): ReadonlyMap<Millis, readonly string[]> {
  const groups = new Map<Millis, string[]>();
  for (const service of services) {
    if (!isProbed(service)) continue;
    const group = groups.get(service.interval) ?? [];
    group.push(...service.servers.map((server) => serverKey(service.name, server.name)));
    groups.set(service.interval, group);
  }
  for (const keys of groups.values()) sortByHash(keys);
  return groups;
}

const isProbed = (service: Service): service is BalancedService =>
  service.kind === "balanced" && service.health.length > 0;

function sortByHash(keys: string[]): void {
  const hashes = new Map(keys.map((key) => [key, stableHash(key)]));
  keys.sort((a, b) => (hashes.get(a) ?? 0) - (hashes.get(b) ?? 0) || (a < b ? -1 : 1));
}
