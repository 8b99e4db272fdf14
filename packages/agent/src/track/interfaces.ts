import { openCarrier, watchRoutes } from "@vipair/kernel";
import { interfacesOf, type Pair, type VirtualAddress } from "@vipair/model";
import type { Looks } from "../look/looks.js";

/**
 * Watches the carrier of the interfaces that serving depends on. The kernel tells at once when a carrier goes, except
 * when it has told often lately: then it batches for up to a second (net/core/link_watch.c), so the carrier is also asked for at every look.
 */
export interface InterfaceTrack {
  close(): void;
}

export interface InterfaceTrackListener {
  interfaceChanged(name: string, up: boolean): void;
  addressRemoved(address: string): void;
}

export function trackInterfaces(
  names: readonly string[],
  looks: Pick<Looks, "add">,
  listener: InterfaceTrackListener,
): InterfaceTrack {
  const carriers = names.map((name) => [name, openCarrier(name)] as const);
  const known = new Map<string, boolean>();
  const learn = (name: string, up: boolean): void => {
    if (known.get(name) === up) return;
    known.set(name, up);
    listener.interfaceChanged(name, up);
  };
  const readAll = (): void => {
    for (const [name, up] of carriers) learn(name, up());
  };
  const watch = watchRoutes((event) => {
    switch (event.type) {
      case "linkChanged":
        if (names.includes(event.interface)) learn(event.interface, event.up);
        return;
      case "addressRemoved":
        return listener.addressRemoved(event.address);
      case "overrun":
        return readAll();
    }
  });
  const forget = looks.add(readAll);
  readAll();
  return {
    close: () => {
      forget();
      watch.close();
    },
  };
}

/** Interfaces tracked because the configuration names them, heartbeats run there, or addresses live there. */
export function trackedInterfaces(pair: Pair, addresses: readonly VirtualAddress[]): string[] {
  const named = pair.track.flatMap((track) => (track.kind === "interface" ? [track.interface] : []));
  return [...new Set([...named, ...pair.heartbeat.interfaces, ...interfacesOf(addresses)])];
}
