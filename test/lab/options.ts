import { parseArgs } from "node:util";

export interface LabOptions {
  /** Only figures on standard output; progress goes to standard error. */
  readonly json: boolean;
  /** Keep the network and the pair running afterwards. */
  readonly stay: boolean;
}

export const usage = `npm run lab -- [--json] [--stay]

  --json   print figures as JSON on standard output, progress on standard error
  --stay   keep everything running afterwards and print how to use it; Ctrl-C cleans up
`;

/** Reads the command line; ends the process with the usage when it is wrong (2) or asked for (0). */
export function readOptions(args: readonly string[]): LabOptions {
  try {
    const flag = { type: "boolean", default: false } as const;
    const { values } = parseArgs({
      args: [...args],
      options: { json: flag, stay: flag, help: { ...flag, short: "h" } },
    });
    if (values.help) {
      process.stdout.write(usage);
      process.exit(0);
    }
    return { json: values.json, stay: values.stay };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${usage}`);
    process.exit(2);
  }
}
