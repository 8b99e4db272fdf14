import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Whether the operator took the node out of service. A file keeps it across restarts of the daemon. */
export interface Maintenance {
  readonly on: boolean;
  set(on: boolean): void;
}

export function openMaintenance(file: string): Maintenance {
  return {
    get on() {
      return existsSync(file);
    },
    set: (on) => {
      if (!on) return rmSync(file, { force: true });
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, "");
    },
  };
}
