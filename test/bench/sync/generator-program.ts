/**
 * Makes synthetic connections in the kernel of the host in which it runs, as traffic would: a process of its own, so that
 * the daemon under measurement takes them for news.
 */
import { openConntrack } from "@vipair/kernel";
import { monotonicMs, pause } from "../../topology/clock.js";
import { answerQuestions } from "../../traffic/instrument.js";
import { census, entrySlots } from "./entry.js";
import type { GeneratorAnswer, GeneratorQuestion } from "./program.js";

const everyMs = 5;
const largestBatch = 1_024;
const conntrack = openConntrack();

answerQuestions(async (question: GeneratorQuestion): Promise<GeneratorAnswer> => {
  switch (question.type) {
    case "create":
      return create(question);
    case "remove":
      conntrack.removeSlots(entrySlots(question.mark, 0, question.count));
      return { type: "removed" };
    case "census":
      return { type: "census", ...(await census(conntrack, question.mark, question.count)) };
  }
});

/** At the rate that was asked for; what falls behind is made up for, so that the whole is on time. */
async function create({ mark, count, perSecond }: GeneratorQuestion & { type: "create" }): Promise<GeneratorAnswer> {
  const births: number[] = [];
  const startedAt = monotonicMs();
  let failed = 0;
  while (births.length < count) {
    const due = Math.min(count, Math.ceil(((monotonicMs() - startedAt) * perSecond) / 1_000));
    const until = Math.min(due, births.length + largestBatch);
    if (until > births.length) {
      const slots = entrySlots(mark, births.length, until);
      const bornAt = monotonicMs();
      failed += conntrack.insertSlots(slots).refused.length;
      while (births.length < until) births.push(bornAt);
    }
    await pause(until < due ? 0 : everyMs);
  }
  return { type: "created", births, failed, startedAt, endedAt: monotonicMs() };
}
