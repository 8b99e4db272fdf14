import { type Logger, pino } from "pino";
import pretty from "pino-pretty";

export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** JSON lines on standard output; for a terminal, lines for people. */
export function openLog(level: LogLevel, node: string): Logger {
  const options = { level, base: { node }, timestamp: pino.stdTimeFunctions.isoTime };
  if (process.stdout.isTTY !== true) {
    const stdout = pino.destination({ dest: 1, sync: true });
    // Whoever read the log is gone: no reason to stop serving.
    stdout.on("error", () => undefined);
    return pino(options, stdout);
  }
  return pino(options, pretty({ colorize: true, sync: true, ignore: "node", translateTime: "HH:MM:ss.l" }));
}
