import { spawn } from "node:child_process";

/** What a finished command left behind. `code` is 128 plus the signal's number when a signal ended it. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Text for its standard input. */
  readonly input?: string;
  /** Killed after this time, 15 s when left out; its exit code is then 137. */
  readonly timeoutMs?: number;
}

/** Runs a command to its end and returns what it said, whatever its exit code. */
export function run(argv: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
  const [command = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ["pipe", "pipe", "pipe"],
      timeout: options.timeoutMs ?? 15_000,
      killSignal: "SIGKILL",
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.stdin.on("error", () => {}); // it ended before it had read everything: its exit code says why
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 137, stdout, stderr }));
    child.stdin.end(options.input ?? "");
  });
}

/** Runs a command that must succeed and returns its standard output; throws with its standard error otherwise. */
export async function check(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const outcome = await run(argv, options);
  if (outcome.code !== 0) throw new Error(`${argv.join(" ")} exited with ${outcome.code}: ${outcome.stderr.trim()}`);
  return outcome.stdout;
}
