/** What the shell gets to know; docs/cli.md promises these numbers. */
export const exitStatus = { done: 0, failed: 1, wrongUsage: 2, unreachable: 3 } as const;

/** The daemon refused, or the command failed: exit status 1. */
export class Failed extends Error {
  /**
   * @param reasons the single obstacles, when the daemon named several
   * @param answer what `--json` prints; message and reasons when left out
   */
  constructor(
    message: string,
    readonly reasons: readonly string[] = [],
    readonly answer?: object,
  ) {
    super(message);
  }
}

/** No daemon answers: exit status 3. */
export class Unreachable extends Error {
  /** @param hint what the operator may try */
  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}
