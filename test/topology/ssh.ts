import type { Machine } from "./machine.js";

export interface SshOptions {
  /** More options of ssh(1), such as `-o`, `StrictHostKeyChecking=no`. */
  readonly options?: readonly string[];
  readonly port?: string;
}

/**
 * Ends with its standard input, so that nothing is left when the connection breaks or the caller dies. What it starts has a
 * session of its own: the rest of that is killed.
 */
const keeper = `
exec 3<&0
setsid "$@" </dev/null &
p=$!
(
  cat <&3
  kill -TERM $p
  i=0
  while [ $i -lt 100 ] && kill -0 $p; do sleep 0.1; i=$((i + 1)); done
  kill -KILL -- -$p
) >/dev/null 2>&1 &
wait $p
`;

/** @param destination `root@host` */
export function sshMachine(destination: string, { options = [], port }: SshOptions = {}): Machine {
  const to = ["ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=5", ...options];
  const command = (argv: readonly string[]): string[] => [
    ...to,
    ...(port === undefined ? [] : ["-p", port]),
    destination,
    argv.map(quoted).join(" "),
  ];
  return {
    name: destination,
    isHere: false,
    command,
    lasting: (argv) => command(["sh", "-c", keeper, "sh", ...argv]),
  };
}

/** One word for a shell. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
