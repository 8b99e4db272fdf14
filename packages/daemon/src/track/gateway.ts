import { askNeighbour } from "@vipair/kernel";
import { type Millis, millisOf, type Track } from "@vipair/model";
import type { Sample } from "./sample.js";

const longestWait = 1_000;

/** Whether the gateway answers to ARP or neighbour discovery. What the kernel refuses is a failure like any other. */
export async function askGateway(
  { gateway, interface: name, interval }: Track & { readonly kind: "gateway" },
  ask: typeof askNeighbour = askNeighbour,
): Promise<Sample> {
  const timeout: Millis = millisOf(Math.min(longestWait, interval));
  try {
    const ok = await ask(name, gateway, timeout);
    return { ok, because: ok ? `answers on ${name}` : `no answer on ${name} within ${timeout} ms` };
  } catch (error) {
    return { ok: false, because: (error as Error).message };
  }
}
