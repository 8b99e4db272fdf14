/** Where the hosts of a test network are: this machine, or another one. */
export interface Machine {
  readonly name: string;
  readonly isHere: boolean;
  /** What runs the command there, to its end, from here. */
  command(argv: readonly string[]): string[];
  /** The same for a process that is there until its standard input ends; then it gets SIGTERM, and after a while SIGKILL. */
  lasting(argv: readonly string[]): string[];
}

export const here: Machine = {
  name: "this machine",
  isHere: true,
  command: (argv) => [...argv],
  lasting: (argv) => [...argv],
};
