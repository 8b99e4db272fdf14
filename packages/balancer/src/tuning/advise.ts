/**
 * What of a host's settings endangers connections or slows packets, and what to set instead. It only tells: who runs the
 * host may know better.
 *
 *     readings of this host ─┐
 *     readings of the peer's ┼─▶ advise ─▶ setting, now, advised, because, command
 *     the configuration ─────┘
 */
import type { ConntrackReadings, InterfaceReadings, Service, TuningAdvice, TuningReadings } from "@vipair/model";

export interface TuningCase {
  readonly readings: TuningReadings;
  /** Of the other node, which this one must be able to replace; `undefined` while it does not say. */
  readonly peer: TuningReadings | undefined;
  /** @see expectedConnections */
  readonly expected: number;
}

/** As many connections as the servers may have; 0 where nobody said how many. */
export const expectedConnections = (services: readonly Service[]): number =>
  services
    .flatMap((service) => (service.kind === "balanced" ? service.servers : []))
    .reduce((sum, { maxConnections = 0 }) => sum + maxConnections, 0);

export function advise({ readings, peer, expected }: TuningCase): TuningAdvice[] {
  const { conntrack, processors, interfaces } = readings;
  return [
    ...(conntrack === undefined ? [] : adviseConntrack(conntrack, peer?.conntrack, expected)),
    ...interfaces.flatMap((one) => adviseInterface(one, processors)),
  ];
}

const netfilter = "net.netfilter.nf_conntrack";

function adviseConntrack(
  own: ConntrackReadings,
  peer: ConntrackReadings | undefined,
  expected: number,
): TuningAdvice[] {
  const present = Math.max(own.count, peer?.count ?? 0);
  const table = adviseTable(own, peer, expected);
  const entries = Number(table?.advised ?? own.most);
  const advice = [table, adviseBuckets(own, entries), adviseTimeout(own, present)];
  if (own.accounting) {
    advice.push(setTo("acct", 1, 0, "packets and bytes of each connection are counted, and nothing here reads that"));
  }
  return advice.filter((one) => one !== undefined);
}

/** Where nothing is wrong with the size of the table, nothing. */
function adviseTable(
  { count, most }: ConntrackReadings,
  peer: ConntrackReadings | undefined,
  expected: number,
): TuningAdvice | undefined {
  const wanted = Math.max(powerOfTwo(2 * Math.max(count, peer?.count ?? 0, expected)), peer?.most ?? 0);
  const advice = (because: string, urgent: boolean) => setTo("max", most, wanted, because, urgent);
  const linger = "the entries of closed ones stay for two minutes";
  if (count >= most * 0.9) return advice(`${count} entries are taken: a full table refuses new connections`, true);
  if (peer !== undefined && peer.count > most)
    return advice(`the other node follows ${peer.count}: this one could not take them all over`, true);
  if (expected > most) return advice(`the servers may have ${expected} connections (maxConnections)`, true);
  if (count > most / 2) return advice(`${count} entries are taken, more than half`, false);
  if (expected > most / 2)
    return advice(`the servers may have ${expected} connections (maxConnections), and ${linger}`, false);
  if (peer !== undefined && peer.most > most)
    return advice(`the other node may follow ${peer.most}, and each must be able to take all of them over`, false);
  return undefined;
}

/** @param entries the most there may be once the table has its size */
function adviseBuckets({ buckets }: ConntrackReadings, entries: number): TuningAdvice | undefined {
  if (buckets * 4 >= entries) return undefined;
  const chain = Math.round(entries / buckets);
  return setTo("buckets", buckets, powerOfTwo(entries), `a look-up in a full table walks ${chain} entries`);
}

const day = 86_400;
/** RFC 5382 § 5, REQ-5: what translates must not forget an idle connection sooner. */
const leastIdleSeconds = 7_440;

function adviseTimeout({ establishedSeconds: idle, most }: ConntrackReadings, present: number) {
  const advice = (because: string) => setTo("tcp_timeout_established", idle, day, because);
  if (idle < leastIdleSeconds)
    return advice("idle connections are forgotten before their keepalives, which begin at 2 h");
  if (idle > day && present > most / 4)
    return advice("connections whose ends are gone stay so long, and a quarter of the table is taken");
  return undefined;
}

function setTo(name: string, now: number, advised: number, because: string, urgent = false): TuningAdvice {
  const setting = `${netfilter}_${name}`;
  const command = `sysctl -w ${setting}=${advised}`;
  return { setting, now: `${now}`, advised: `${advised}`, because, command, urgent };
}

/** What is no card takes its packets on the processor that sent them. */
function adviseInterface(reading: InterfaceReadings, processors: number): TuningAdvice[] {
  if (!reading.isCard) return [];
  const advice = [processors > 1 ? adviseSteering(reading, processors) : undefined, adviseOffload(reading)];
  return advice.filter((one) => one !== undefined);
}

function adviseSteering(reading: InterfaceReadings, processors: number): TuningAdvice | undefined {
  const { name, receiveQueues: queues, mostQueues = queues, steeredTo, interruptProcessors } = reading;
  const alone = "one processor alone does all soft interrupts of what comes in";
  if (steeredTo > 1) return undefined;
  const wanted = Math.min(processors, mostQueues);
  if (queues < wanted) {
    const command = `ethtool -L ${name} combined ${wanted}`;
    const because = queues === 1 ? alone : `there are ${processors} processors`;
    return asked(`${name} receive queues`, `${queues}`, `${wanted}`, because, command);
  }
  if (queues === 1) {
    const mask = processorMask(processors);
    const command = `echo ${mask} | tee /sys/class/net/${name}/queues/rx-*/rps_cpus`;
    return asked(`${name} packet steering (RPS)`, "off", mask, alone, command);
  }
  if (interruptProcessors === 1) {
    const because = `all ${queues} receive queues interrupt the same one`;
    return asked(`${name} interrupts`, "1 processor", "several", because, "systemctl enable --now irqbalance");
  }
  return undefined;
}

function adviseOffload({ name, receiveOffload }: InterfaceReadings): TuningAdvice | undefined {
  if (receiveOffload !== false) return undefined;
  const because = "bulk data passes in many small pieces";
  return asked(`${name} receive offload (GRO)`, "off", "on", because, `ethtool -K ${name} gro on`);
}

const asked = (setting: string, now: string, advised: string, because: string, command: string): TuningAdvice => ({
  setting,
  now,
  advised,
  because,
  command,
  urgent: false,
});

/** All processors, as `rps_cpus` takes them: hexadecimal, 32 in a group. */
function processorMask(processors: number): string {
  const digits = ((1n << BigInt(processors)) - 1n).toString(16);
  return digits.replace(/(?=(?:.{8})+$)(?!^)/g, ",");
}

/** The least one that is not below the value. */
const powerOfTwo = (value: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, value)));
