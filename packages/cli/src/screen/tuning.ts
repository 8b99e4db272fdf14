import type { InterfaceReadings, NodeTuning, TuningAdvice, TuningReadings, TuningStatusReport } from "@vipair/model";
import type { Paint } from "./mark.js";

/** `vipair tuning`: each node's settings, and below them what would be better and how to set it. */
export const tuningLines = ({ nodes }: TuningStatusReport, paint: Paint): string[] =>
  nodes.flatMap((node, index) => [...(index === 0 ? [] : [""]), ...nodeLines(node, paint)]);

function nodeLines({ node, tuning }: NodeTuning, paint: Paint): string[] {
  if (tuning === undefined) return [`${paint.bold(node)} has not said anything`];
  const { readings, advice } = tuning;
  const advices = advice.length === 0 ? [`  ${paint.green("✔")} nothing to set`] : advice.flatMap(adviceLines(paint));
  return [`${paint.bold(node)}  ${tableText(readings)}`, ...readings.interfaces.map(interfaceText), ...advices];
}

const adviceLines =
  (paint: Paint) =>
  ({ setting, now, advised, because, command, urgent }: TuningAdvice): string[] => {
    const mark = urgent ? paint.red("✘") : paint.yellow("!");
    return [`  ${mark} ${setting} is ${now}, advised ${advised}: ${because}`, `      ${command}`];
  };

function tableText({ processors, conntrack }: TuningReadings): string {
  const table =
    conntrack === undefined
      ? "no connection tracking"
      : `${conntrack.count} of ${conntrack.most} connections in ${conntrack.buckets} buckets`;
  return `${counted(processors, "processor")}, ${table}`;
}

function interfaceText(reading: InterfaceReadings): string {
  const { name, isCard, receiveQueues, mostQueues, steeredTo, interruptProcessors, receiveOffload } = reading;
  if (!isCard) return `  ${name}: no network card of this host`;
  const parts = [
    `${counted(receiveQueues, "receive queue")}${mostQueues === undefined ? "" : ` of ${mostQueues}`}`,
    ...(interruptProcessors === undefined ? [] : [`interrupts on ${counted(interruptProcessors, "processor")}`]),
    steeredTo === 0 ? "no packet steering" : `packets steered to ${counted(steeredTo, "processor")}`,
    ...(receiveOffload === undefined ? [] : [`receive offload ${receiveOffload ? "on" : "off"}`]),
  ];
  return `  ${name}: ${parts.join(", ")}`;
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
