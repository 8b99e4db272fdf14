import { advise, expectedConnections } from "@vipair/balancer";
import {
  type Config,
  interfacesOf,
  type StatusReport,
  type TuningAdvice,
  type TuningReadings,
  type TuningReport,
  type TuningStatusReport,
} from "@vipair/model";
import type { Journal } from "../event/journal.js";

/** How this node's host is set. What is urgent becomes an event, once for as long as it is. */
export interface Tuning {
  /** As it was when it was looked at last. */
  readonly report: TuningReport;
  /** Looks again, now. */
  check(): void;
  close(): void;
}

export interface TuningOptions {
  readonly config: () => Config;
  /** What the peer said last of its host; `undefined` while it says nothing. */
  readonly peer: () => TuningReadings | undefined;
  readonly journal: Pick<Journal, "record">;
  readonly read: (interfaces: readonly string[]) => TuningReadings;
}

/** A table does not fill in less. */
const checkEveryMs = 10_000;

export function openTuning({ config, peer, journal, read }: TuningOptions): Tuning {
  let told: ReadonlySet<string> = new Set();

  const look = (): TuningReport => {
    const { addresses, services } = config();
    const readings = read(interfacesOf(addresses));
    const advice = advise({ readings, peer: peer(), expected: expectedConnections(services) });
    const urgent = advice.filter((one) => one.urgent);
    for (const one of urgent) if (!told.has(one.setting)) tell(one);
    told = new Set(urgent.map(({ setting }) => setting));
    return { readings, advice };
  };
  const tell = ({ setting, now, advised, because, command }: TuningAdvice): void =>
    journal.record("tuning", `${setting} is ${now}, advised ${advised}: ${because}`, {
      setting,
      now,
      advised,
      command,
    });

  let report = look();
  const check = (): void => {
    report = look();
  };
  const checking = setInterval(check, checkEveryMs);
  return {
    get report() {
      return report;
    },
    check,
    close: () => clearInterval(checking),
  };
}

/** Both nodes' hosts, this one first. */
export const reportTuning = ({ node, tuning, peer }: StatusReport): TuningStatusReport => ({
  nodes: [
    { node, ...(tuning && { tuning }) },
    { node: peer.node, ...(peer.report?.tuning && { tuning: peer.report.tuning }) },
  ],
});
