import { fileURLToPath } from "node:url";
import type { Host } from "../topology/host.js";
import type { Running, SpawnOptions } from "../topology/running.js";

/** The compiled form of a program of this package, wherever the caller itself runs from. */
export function program(path: string): string {
  const here = fileURLToPath(new URL("..", import.meta.url));
  return `${here}${/\/dist\/$/.test(here) ? "" : "dist/"}${path}.js`;
}

/** The command with real-time priority, so that a busy machine does not disturb it; as it is where that is refused. */
export function realTime(argv: readonly string[]): string[] {
  return ["sh", "-c", 'chrt -f 40 true 2>/dev/null && exec chrt -f 40 "$@"; exec "$@"', "sh", ...argv];
}

/** A node program inside a host that answers questions over its IPC channel, one answer for each question. */
export class Instrument<Question extends object, Answer> {
  readonly running: Running;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #next = 0;

  constructor(host: Host, path: string, args: readonly string[], options: SpawnOptions & { realTime?: boolean } = {}) {
    const node = [process.execPath, program(path), ...args];
    const argv = options.realTime ? realTime(node) : node;
    this.running = host.spawn(argv, { ...options, ipc: true });
    this.running.child.on("message", (message) => {
      const { id, answer } = message as { id: number; answer: Answer };
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
    });
  }

  /** Throws when no answer comes within the deadline. */
  ask(question: Question, deadlineMs = 15_000): Promise<Answer> {
    const id = ++this.#next;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`no answer to ${JSON.stringify(question)} within ${deadlineMs} ms`));
      }, deadlineMs);
      this.#waiting.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.running.child.send({ id, question }, (error) => {
        if (error) reject(error);
      });
    });
  }

  end(): Promise<number> {
    return this.running.end(500);
  }
}

/** The other end, inside the program: answers each question. The program ends with the channel. */
export function answerQuestions<Question, Answer>(answer: (question: Question) => Answer | Promise<Answer>): void {
  process.on("message", async (message) => {
    const { id, question } = message as { id: number; question: Question };
    const reply = await answer(question);
    process.send?.({ id, answer: reply });
  });
  process.on("disconnect", () => process.exit(0));
}
