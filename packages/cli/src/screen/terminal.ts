import type { ReadStream, WriteStream } from "node:tty";

/** The whole terminal, borrowed: what was on it before comes back on close. */
export interface Terminal {
  /** Aborts when somebody presses q or ctrl-c. */
  readonly quit: AbortSignal;
  /** Replaces what is on the screen; lines that do not fit are cut. */
  draw(lines: readonly string[]): void;
  close(): void;
}

// xterm control sequences, "ctlseqs": alternate screen, cursor, autowrap, erase.
const enter = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const leave = "\x1b[?7h\x1b[?25h\x1b[?1049l";
const home = "\x1b[H";
const eraseLine = "\x1b[K";
const eraseBelow = "\x1b[J";

/** `undefined` when the output is no terminal. */
export function openTerminal(input: ReadStream, output: WriteStream): Terminal | undefined {
  if (!output.isTTY) return undefined;
  output.write(enter);
  const keys = openKeys(input);
  return {
    quit: keys.quit,
    draw: (lines) => {
      const shown = output.rows > 1 ? lines.slice(0, output.rows - 1) : lines; // no rows: the size is not known
      output.write(`${home}${shown.map((line) => `${line}${eraseLine}\r\n`).join("")}${eraseBelow}`);
    },
    close: () => {
      keys.close();
      output.write(leave);
    },
  };
}

const ctrlC = 0x03;
const quitKeys = [ctrlC, "q".charCodeAt(0), "Q".charCodeAt(0)];

/** In raw mode the terminal sends ctrl-c as a byte, not as SIGINT. */
function openKeys(input: ReadStream): { readonly quit: AbortSignal; close(): void } {
  const quit = new AbortController();
  if (!input.isTTY) return { quit: quit.signal, close: () => {} };
  const pressed = (bytes: Buffer) => {
    if (bytes.some((byte) => quitKeys.includes(byte))) quit.abort();
  };
  input.setRawMode(true);
  input.on("data", pressed);
  return {
    quit: quit.signal,
    close: () => {
      input.off("data", pressed);
      input.setRawMode(false);
      input.pause();
    },
  };
}
