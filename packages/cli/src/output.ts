import { once } from "node:events";
import picocolors from "picocolors";
import type { Paint } from "./screen/mark.js";

/** Where a command's answer goes: text for people, or JSON for programs. */
export interface Output {
  readonly json: boolean;
  readonly paint: Paint;
  /** Writes the one or the other: the value as JSON, or the lines. */
  answer(value: unknown, lines: () => readonly string[]): void;
  /** One of a stream of answers: the value as a line of JSON, or the lines. */
  item(value: unknown, lines: () => readonly string[]): void;
  /** All of them as a JSON array, one a line, as they come. */
  array(values: AsyncIterable<unknown>): Promise<void>;
  /** For people only: what is under way. */
  progress(line: string): void;
}

/** Colours only on a terminal, and not when NO_COLOR is set. */
export function openOutput(json: boolean, stream: NodeJS.WriteStream): Output {
  const paint = picocolors.createColors(stream.isTTY === true && picocolors.isColorSupported);
  const write = (lines: readonly string[]): boolean => stream.write(lines.map((line) => `${line}\n`).join(""));
  return {
    json,
    paint,
    answer: (value, lines) => write(json ? [JSON.stringify(value, undefined, 2)] : lines()),
    item: (value, lines) => write(json ? [JSON.stringify(value)] : lines()),
    array: async (values) => {
      let before = "[";
      for await (const value of values) {
        if (!stream.write(`${before}\n${JSON.stringify(value)}`)) await once(stream, "drain");
        before = ",";
      }
      stream.write(before === "[" ? "[]\n" : "\n]\n");
    },
    progress: (line) => void (json || write([line])),
  };
}
