import type { RouterLink } from "@vipair/heartbeat";
import { findInterface, type ReadableWatch, type VrrpPacket, VrrpSocket } from "@vipair/kernel";
import type { IpAddress } from "@vipair/model";
import { sourceOf } from "./source.js";

/** This node's end of a link: a socket that is opened anew whenever its interface is another one. */
export interface Endpoint {
  readonly link: RouterLink;
  /** This node's primary address; `undefined` while nothing can be sent. */
  readonly source: IpAddress | undefined;
  /** Sends or drops. */
  send(payload: Uint8Array): void;
  /** Reads what has arrived. */
  drain(): void;
  close(): void;
}

/** How often interface and source are looked at: a backup sends nothing that would tell it that they are gone. */
const lookEveryMs = 500;

export function openEndpoint(
  link: RouterLink,
  virtual: ReadonlySet<string>,
  watch: ReadableWatch,
  received: (packet: VrrpPacket) => void,
): Endpoint {
  let socket: VrrpSocket | undefined;
  let index: number | undefined;
  let source: IpAddress | undefined;

  const drain = (): void => {
    for (let packet = socket?.receive(); packet !== undefined; packet = socket?.receive()) received(packet);
  };
  const close = (): void => {
    if (socket === undefined) return;
    watch.remove(socket.fd);
    socket.close();
    socket = undefined;
  };
  const open = (): void => {
    const { family, interface: name, destination, mac } = link;
    const from = mac === undefined ? {} : { mac };
    try {
      socket = new VrrpSocket({
        family,
        multicast: name === undefined ? undefined : { interface: name, group: destination, ...from },
      });
    } catch {
      // The interface is not there, or has no protocol of this family yet: the next look may find it.
      return;
    }
    watch.add(socket.fd, drain);
  };
  const look = (): void => {
    const found = link.interface === undefined ? undefined : findInterface(link.interface);
    if (found !== index) close();
    index = found;
    if (socket === undefined) open();
    source = socket === undefined ? undefined : sourceOf(link, virtual);
  };

  const looking = setInterval(look, lookEveryMs);
  look();
  return {
    link,
    get source() {
      return source;
    },
    send: (payload) => {
      if (socket === undefined || source === undefined) return;
      if (!socket.send(source, link.destination, payload).ok) look();
    },
    drain,
    close: () => {
      clearInterval(looking);
      close();
    },
  };
}
