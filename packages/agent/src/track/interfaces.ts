import { carrierUp, watchRoutes } from "@vipair/kernel";
import { interfacesOf, type Pair, type VirtualAddress } from "@vipair/model";

/**
 * Watches the carrier of the interfaces that serving depends on. The kernel tells at once when a carrier goes, except
 * when it has told often lately: then it batches for up to a second (net/core/link_watch.c), so the carrier is also read.
 */
export interface InterfaceTrack {
  close(): void;
}

export interface InterfaceTrackListener {
  interfaceChanged(name: string, up: boolean): void;
  addressRemoved(address: string): void;
}

const readEveryMs = 20;

export function trackInterfaces(names: readonly string[], listener: InterfaceTrackListener): InterfaceTrack {
  const known = new Map<string, boolean>();
  const learn = (name: string, up: boolean): void => {
    if (known.get(name) === up) return;
    known.set(name, up);
    listener.interfaceChanged(name, up);
  };
  const readAll = (): void => {
    for (const name of names) learn(name, carrierUp(name));
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
  const reading = setInterval(readAll, readEveryMs);
  readAll();
  return {
    close: () => {
      clearInterval(reading);
      watch.close();
    },
  };
}

/** Interfaces tracked because the configuration names them, heartbeats run there, or addresses live there. */
export function trackedInterfaces(pair: Pair, addresses: readonly VirtualAddress[]): string[] {
  const named = pair.track.flatMap((track) => (track.kind === "interface" ? [track.interface] : []));
  return [...new Set([...named, ...pair.heartbeat.interfaces, ...interfacesOf(addresses)])];
}
