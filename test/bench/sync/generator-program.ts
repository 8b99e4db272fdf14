/**
 * Makes synthetic connections in the kernel of the host in which it runs, as traffic would, and ends them: a process of its
 * own, so that the daemon under measurement takes them for news.
 */
import { openConntrack } from "@vipair/kernel";
import { monotonicMs, pause } from "../../topology/clock.js";
import { answerQuestions } from "../../traffic/instrument.js";
import { census, entrySlots } from "./entry.js";
import type { Step } from "./ledger.js";
import type { CreatedAnswer, CreateQuestion, GeneratorAnswer, GeneratorQuestion } from "./program.js";

const everyMs = 5;
const largestBatch = 1_024;
const conntrack = openConntrack();

answerQuestions(async (question: GeneratorQuestion): Promise<GeneratorAnswer> => {
  switch (question.type) {
    case "create":
      return create(question);
    case "remove":
      conntrack.removeSlots(entrySlots(question.mark, question.range));
      return { type: "removed" };
    case "census":
      return { type: "census", ...(await census(conntrack, question.mark, question.range)) };
  }
});

/** At the rate that was asked for; what falls behind is made up for, so that the whole is on time. */
async function create({ mark, count, perSecond, lifeMs }: CreateQuestion): Promise<CreatedAnswer> {
  const born: Step[] = [];
  const died: Step[] = [];
  const startedAt = monotonicMs();
  let failed = 0;
  /** The next batch up to what is due; whether more is due. */
  const next = (steps: Step[], ageMs: number, act: (slots: ArrayBuffer) => void): boolean => {
    const from = steps.at(-1)?.to ?? 0;
    const due = Math.min(count, Math.ceil(((monotonicMs() - startedAt - ageMs) * perSecond) / 1_000));
    const to = Math.min(due, from + largestBatch);
    if (to <= from) return false;
    const slots = entrySlots(mark, { from, to });
    steps.push({ to, at: monotonicMs() });
    act(slots);
    return to < due;
  };
  while ((born.at(-1)?.to ?? 0) < count) {
    const moreToCreate = next(born, 0, (slots) => {
      failed += conntrack.insertSlots(slots).refused.length;
    });
    const moreToRemove = lifeMs !== undefined && next(died, lifeMs, (slots) => conntrack.removeSlots(slots));
    await pause(moreToCreate || moreToRemove ? 0 : everyMs);
  }
  return { type: "created", born, died, failed, startedAt, endedAt: monotonicMs() };
}
