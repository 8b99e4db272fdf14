import { execFileSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive, signalAll } from "./processes.js";

const pattern = /^vp(\d+)-\d+-/;

/** Removes what test networks of runs that no longer live have left: their namespaces carry the run's pid. */
export function sweep(): void {
  const dead = (name: string): boolean => {
    const pid = Number(pattern.exec(name)?.[1] ?? 0);
    return pid > 0 && !isAlive(pid);
  };
  removeNamespaces(dead);
  for (const entry of readdirSync(tmpdir())) {
    if (dead(entry)) rmSync(join(tmpdir(), entry), { recursive: true, force: true });
  }
}

/** Kills every process inside the chosen namespaces and deletes these; synchronous, so that it also works at exit. */
export function removeNamespaces(chosen: (name: string) => boolean): void {
  const names = namespaces().filter((name) => pattern.test(name) && chosen(name));
  for (const name of names) signalAll(inhabitants(name), "SIGKILL");
  for (const name of names) {
    try {
      execFileSync("ip", ["netns", "delete", name], { stdio: "ignore", timeout: 10_000 });
    } catch {
      // somebody else removed it
    }
  }
}

function namespaces(): string[] {
  try {
    return readdirSync("/run/netns");
  } catch {
    return [];
  }
}

function inhabitants(namespace: string): number[] {
  try {
    const pids = execFileSync("ip", ["netns", "pids", namespace], { encoding: "utf8", timeout: 10_000 });
    return pids.split("\n").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
