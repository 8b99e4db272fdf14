/**
 * Holds connections open and never opens one again: each asks over HTTP/1.1 as long as it lives, the even ones busily,
 * the odd ones rarely. What ends one, or leaves it without an answer for too long, is noted once.
 */
import { connect, type Socket } from "node:net";
import { monotonicMs, pause } from "../topology/clock.js";
import { answerQuestions } from "./instrument.js";
import type { BrokenSession, SessionsReport } from "./sessions.js";

const [address = "", countText = "40"] = process.argv.slice(2);
const intervalMs = { busy: 50, idle: 2_000 } as const;
/** How long an answer may take until its connection counts as broken. */
const patienceMs = 5_000;
const request = `GET / HTTP/1.1\r\nhost: ${address.includes(":") ? `[${address}]` : address}\r\n\r\n`;

interface Answer {
  readonly askedAt: number;
  readonly answeredAt: number;
  readonly server: string;
}

/** One connection, from its opening to its end. */
class Session {
  readonly answers: Answer[] = [];
  readonly #socket: Socket;
  port = 0;
  broken: BrokenSession | undefined;
  askedAt: number | undefined;
  #received = "";

  constructor(readonly everyMs: number) {
    this.#socket = connect({ host: address, port: 80, noDelay: true });
    this.#socket.setEncoding("utf8");
    this.#socket.on("connect", () => {
      this.port = this.#socket.localPort ?? 0;
      this.#ask();
    });
    this.#socket.on("data", (text: string) => this.#receive(text));
    this.#socket.on("end", () => this.#break("closed by the other end"));
    this.#socket.on("error", (error: NodeJS.ErrnoException) => this.#break(error.code ?? error.message));
  }

  /** Longest time for which it has waited, at some instant of the window, for an answer. */
  longestWait(fromMs: number, toMs: number): number {
    const waits = this.answers.filter(({ askedAt, answeredAt }) => answeredAt >= fromMs && askedAt <= toMs);
    const pending = this.askedAt === undefined || this.broken ? 0 : toMs - this.askedAt;
    return Math.max(0, pending, ...waits.map(({ askedAt, answeredAt }) => answeredAt - askedAt));
  }

  watch(now: number): void {
    if (this.askedAt !== undefined && now - this.askedAt > patienceMs) this.#break(`no answer for ${patienceMs} ms`);
  }

  #ask(): void {
    if (this.broken !== undefined) return;
    this.askedAt = monotonicMs();
    this.#socket.write(request);
  }

  #receive(text: string): void {
    this.#received += text;
    const server = bodyOf(this.#received);
    if (server === undefined || this.askedAt === undefined) return;
    const answeredAt = monotonicMs();
    this.answers.push({ askedAt: this.askedAt, answeredAt, server });
    setTimeout(() => this.#ask(), Math.max(0, this.askedAt + this.everyMs - answeredAt));
    this.#received = "";
    this.askedAt = undefined;
  }

  #break(because: string): void {
    const server = this.answers[0]?.server;
    this.broken ??= { port: this.port, server, atMs: monotonicMs(), everyMs: this.everyMs, because };
    this.#socket.destroy();
  }
}

/** The body of a complete answer. */
function bodyOf(text: string): string | undefined {
  const end = text.indexOf("\r\n\r\n");
  const length = /^content-length: (\d+)/im.exec(text)?.[1];
  if (end < 0 || length === undefined) return undefined;
  const body = text.slice(end + 4);
  return body.length < Number(length) ? undefined : body.trim();
}

const sessions = Array.from(
  { length: Number(countText) },
  (_, index) => new Session(index % 2 === 0 ? intervalMs.busy : intervalMs.idle),
);
setInterval(() => {
  const now = monotonicMs();
  for (const session of sessions) session.watch(now);
}, 100);

answerQuestions(async ({ fromMs, toMs }: { fromMs: number; toMs: number }): Promise<SessionsReport> => {
  await pause(Math.max(0, toMs - monotonicMs()));
  const alive = sessions.filter((session) => session.broken === undefined && session.answers.length > 0);
  const heard = sessions.map((session) =>
    session.answers.filter(({ answeredAt }) => answeredAt >= fromMs && answeredAt <= toMs),
  );
  const waiting = sessions.filter(({ askedAt, broken }) => askedAt !== undefined && broken === undefined);
  return {
    alive: alive.length,
    ports: alive.map(({ port }) => port),
    answered: heard.flat().length,
    heard: heard.filter((answers) => answers.length > 0).length,
    waiting: waiting.length,
    broken: sessions.flatMap(({ broken }) => (broken && broken.atMs >= fromMs && broken.atMs <= toMs ? [broken] : [])),
    longestWaitMs: Math.round(Math.max(0, ...sessions.map((session) => session.longestWait(fromMs, toMs)))),
    strayed: sessions.filter(
      ({ answers }, index) => heard[index]?.some(({ server }) => server !== answers[0]?.server) ?? false,
    ).length,
    servers: [...new Set(heard.flat().map(({ server }) => server))].sort(),
  };
});
