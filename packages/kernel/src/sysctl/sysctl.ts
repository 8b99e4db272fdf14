import { readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Outcome } from "@vipair/model";
import { writeWhole } from "../file/whole.js";
import { outcomeOf } from "../outcome.js";

/** Kernel settings by their dotted names; a name with slashes is taken as a path (`net/ipv4/conf/eth0.5/rp_filter`). */
export interface Sysctls {
  /** Sets all that can be set. The values found are remembered on disk before the first change. */
  set(values: Readonly<Record<string, string>>): Outcome;
  /** Brings back every value that was found, in this run or in one that crashed before it could. */
  restore(): Outcome;
}

/** @param stateFile where the values found are kept; in a directory that is emptied on boot, as the settings are */
export function openSysctls({ stateFile }: { readonly stateFile: string }): Sysctls {
  const found = readState(stateFile);
  return {
    set: (values) => {
      const errors: string[] = [];
      for (const [name, value] of Object.entries(values)) {
        const error = refusalOf(`set ${name}`, () => {
          const current = readSysctl(name);
          if (current === normalise(value)) return;
          if (!found.has(name)) {
            found.set(name, current);
            writeState(stateFile, found);
          }
          writeFileSync(pathOf(name), value);
        });
        if (error !== undefined) errors.push(error);
      }
      return outcomeOf(errors);
    },
    restore: () => {
      const errors: string[] = [];
      for (const [name, value] of found) {
        const error = refusalOf(`restore ${name}`, () => writeFileSync(pathOf(name), value));
        if (error !== undefined) errors.push(error);
      }
      found.clear();
      rmSync(stateFile, { force: true });
      return outcomeOf(errors);
    },
  };
}

const pathOf = (name: string): string => `/proc/sys/${name.includes("/") ? name : name.replaceAll(".", "/")}`;

/** Lists of numbers are tab-separated when read. */
const normalise = (value: string): string => value.trim().replace(/\s+/g, " ");

const readSysctl = (name: string): string => normalise(readFileSync(pathOf(name), "utf8"));

function refusalOf(operation: string, perform: () => void): string | undefined {
  try {
    perform();
    return undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined) throw error;
    return `${operation}: ${code}`;
  }
}

/** A missing or unreadable state file remembers nothing. */
function readState(stateFile: string): Map<string, string> {
  try {
    const state: unknown = JSON.parse(readFileSync(stateFile, "utf8"));
    if (typeof state !== "object" || state === null) return new Map();
    return new Map(Object.entries(state).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
  } catch {
    return new Map();
  }
}

function writeState(stateFile: string, found: ReadonlyMap<string, string>): void {
  writeWhole(stateFile, `${JSON.stringify(Object.fromEntries(found), null, 2)}\n`);
}
