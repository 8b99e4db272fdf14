/** Opens connections and tells how long each took; see connects.ts. */
import { connect, type Socket } from "node:net";
import { monotonicMs, pause } from "../../topology/clock.js";
import { answerQuestions } from "../../traffic/instrument.js";
import { percentile } from "../statistics.js";
import type { ConnectsAnswer, ConnectsQuestion, FirstAnswerQuestion, ReuseQuestion } from "./connects.js";

const httpPort = 80;
const patienceMs = 5_000;

interface Tally {
  readonly tookUs: number[];
  failed: number;
}

async function openSteadily({ target, perSecond, seconds }: ConnectsQuestion, tally: Tally): Promise<void> {
  const start = monotonicMs();
  const total = perSecond * seconds;
  const open: Promise<void>[] = [];
  while (open.length < total) {
    const due = Math.min(total, Math.floor(((monotonicMs() - start) / 1_000) * perSecond));
    while (open.length < due) open.push(openOnce(target, tally));
    await pause(1);
  }
  await Promise.all(open);
}

function openOnce(target: string, tally: Tally): Promise<void> {
  return new Promise((resolve) => {
    const start = monotonicMs();
    const socket = connect({ host: target, port: httpPort });
    socket.setTimeout(patienceMs, () => socket.destroy(new Error("no answer")));
    socket.once("connect", () => {
      tally.tookUs.push((monotonicMs() - start) * 1_000);
      socket.resetAndDestroy();
    });
    socket.once("error", () => {
      tally.failed++;
    });
    socket.once("close", () => resolve());
  });
}

async function reuse({ target, port, times }: ReuseQuestion, tally: Tally): Promise<void> {
  for (let i = 0; i < times; i++) await askOnce(target, port, tally);
}

/** A whole request from a given port; the server closes first, so that the port is free here at once. */
function askOnce(target: string, localPort: number, tally: Tally): Promise<void> {
  return new Promise((resolve) => {
    const start = monotonicMs();
    const socket = connect({ host: target, port: httpPort, localPort });
    socket.setTimeout(patienceMs, () => socket.destroy(new Error("no answer")));
    socket.once("connect", () => tally.tookUs.push((monotonicMs() - start) * 1_000));
    socket.once("error", () => {
      tally.failed++;
    });
    socket.once("close", () => resolve());
    socket.resume();
    socket.write(`GET / HTTP/1.1\r\nHost: ${target}\r\nConnection: close\r\n\r\n`);
  });
}

const askEveryMs = 2;

/** When the first answer came; those that are not answered by then are given up. */
function firstAnswer({ target, port }: FirstAnswerQuestion): Promise<number> {
  return new Promise((resolve) => {
    const open = new Set<Socket>();
    const asking = setInterval(() => {
      const socket = connect({ host: target, port });
      open.add(socket);
      socket.setTimeout(1_000, () => socket.destroy());
      socket.on("error", () => {}); // nobody is there yet
      socket.once("close", () => open.delete(socket));
      socket.once("data", () => {
        clearInterval(asking);
        for (const other of open) other.destroy();
        resolve(monotonicMs());
      });
      socket.write(`GET / HTTP/1.1\r\nHost: ${target}\r\nConnection: close\r\n\r\n`);
    }, askEveryMs);
  });
}

answerQuestions<ConnectsQuestion | ReuseQuestion | FirstAnswerQuestion, ConnectsAnswer | { at: number }>(
  async (question) => {
    if (question.type === "firstAnswer") return { at: await firstAnswer(question) };
    const tally: Tally = { tookUs: [], failed: 0 };
    await (question.type === "connects" ? openSteadily(question, tally) : reuse(question, tally));
    const share = (of: number): number => percentile(tally.tookUs, of) / 1_000;
    return {
      count: tally.tookUs.length,
      failed: tally.failed,
      p50Ms: share(0.5),
      p99Ms: share(0.99),
      p999Ms: share(0.999),
      worstMs: share(1),
    };
  },
);
