import type { Host } from "../topology/host.js";
import type { Running } from "../topology/running.js";
import { program } from "./instrument.js";

/** Starts a real server on a host and waits until it listens: HTTP on 80, UDP echo on 7, both answer with its name. */
export async function startServer(host: Host): Promise<Running> {
  const running = host.spawn([process.execPath, program("traffic/server-program"), host.name], { ipc: true });
  await new Promise<void>((resolve, reject) => {
    running.child.once("message", () => resolve());
    running.exit.then((code) => reject(new Error(`server on ${host.name} exited with ${code}`)));
    setTimeout(() => reject(new Error(`server on ${host.name} does not listen`)), 10_000).unref();
  });
  return running;
}
