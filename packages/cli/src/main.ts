import type { Refusal } from "@vipair/model";
import { CommanderError } from "commander";
import { exitStatus, Failed, Unreachable } from "./exit.js";
import { buildProgram } from "./program.js";

// `vipair events | head`: whoever reads has had enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(exitStatus.done);
  throw error;
});

const program = buildProgram();
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = complain(error);
}

/** Says on standard error why it did not work (and on standard output as JSON, if wanted); answers the exit status. */
function complain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.done : exitStatus.wrongUsage;
  if (error instanceof Unreachable) {
    say(error.message, [error.hint]);
    return exitStatus.unreachable;
  }
  if (error instanceof Failed) {
    say(error.message, error.reasons, error.answer);
    return exitStatus.failed;
  }
  throw error;
}

function say(message: string, details: readonly string[], answer?: object): void {
  process.stderr.write(`vipair: ${message}\n${details.map((detail) => `  ${detail}\n`).join("")}`);
  if (program.opts<{ json?: boolean }>().json !== true) return;
  const refusal: Refusal = { error: message, ...(details.length > 0 && { reasons: details }) };
  process.stdout.write(`${JSON.stringify(answer ?? refusal, undefined, 2)}\n`);
}
