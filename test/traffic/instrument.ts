import { createInterface } from "node:readline";
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

/**
 * A node program inside a host that answers questions, one answer for each: over its IPC channel, or on another machine over
 * its standard input and output, a line of JSON for each.
 */
export class Instrument<Question extends object, Answer> {
  readonly running: Running;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #next = 0;

  constructor(host: Host, path: string, args: readonly string[], options: SpawnOptions & { realTime?: boolean } = {}) {
    const node = [process.execPath, program(path), ...args];
    const argv = options.realTime ? realTime(node) : node;
    this.running = host.spawn(argv, { ...options, ipc: true });
    const { child } = this.running;
    const answered = (message: unknown): void => {
      const { id, answer } = message as { id: number; answer: Answer };
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
    };
    child.on("message", answered);
    if (child.stdout !== null) createInterface(child.stdout).on("line", (line) => answered(JSON.parse(line)));
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
      const { child } = this.running;
      const told = (error?: Error | null): void => (error ? reject(error) : undefined);
      if (child.stdin === null) child.send({ id, question }, told);
      else child.stdin.write(`${JSON.stringify({ id, question })}\n`, told);
    });
  }

  end(): Promise<number> {
    return this.running.end(500);
  }
}

/** The other end, inside the program: answers each question. The program ends with the channel. */
export function answerQuestions<Question, Answer>(answer: (question: Question) => Answer | Promise<Answer>): void {
  const asked = async (message: unknown): Promise<{ id: number; answer: Answer }> => {
    const { id, question } = message as { id: number; question: Question };
    return { id, answer: await answer(question) };
  };
  if (process.send !== undefined) {
    process.on("message", async (message) => process.send?.(await asked(message)));
    process.on("disconnect", () => process.exit(0));
    return;
  }
  createInterface(process.stdin)
    .on("line", async (line) => process.stdout.write(`${JSON.stringify(await asked(JSON.parse(line)))}\n`))
    .on("close", () => process.exit(0));
}
