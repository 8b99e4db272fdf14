import type { Command } from "commander";
import { Daemon } from "../daemon/daemon.js";
import { type Output, openOutput } from "../output.js";

export const defaultSocketPath = "/run/vipair/vipaird.sock";

/** What every command has: the daemon it talks to, and where its answer goes. */
export interface Context {
  readonly daemon: Daemon;
  readonly output: Output;
}

/** Reads the options that all commands share. */
export function contextOf(command: Command): Context {
  const { socket, json } = command.optsWithGlobals<{ socket: string; json?: boolean }>();
  return { daemon: new Daemon(socket), output: openOutput(json === true, process.stdout) };
}
