import { createSocket, type Socket } from "node:dgram";
import type { IpAddress } from "@vipair/model";
import { datagramOptions } from "./datagram.js";
import type { HeartbeatPath, PacketListener } from "./path.js";

const retryMs = 200;

interface UnicastOptions {
  readonly index: number;
  readonly local: IpAddress;
  readonly peer: IpAddress;
  readonly port: number;
}

/** Datagrams between the sync addresses. While the local address is missing the path waits for it to appear. */
export function openUnicastPath({ index, local, peer, port }: UnicastOptions, listener: PacketListener): HeartbeatPath {
  let socket: Socket | undefined;
  let retry: NodeJS.Timeout | undefined;

  const open = (): void => {
    const opening = createSocket(datagramOptions(local.family));
    opening.on("message", (packet) => listener(packet, send));
    opening.on("error", () => {
      opening.close();
      if (socket === opening) socket = undefined;
      retry = setTimeout(open, retryMs);
    });
    opening.bind(port, local.text, () => {
      socket = opening;
    });
  };
  const send = (packet: Uint8Array): void => {
    socket?.send(packet, port, peer.text, ignore);
  };

  open();
  return {
    name: "sync",
    index,
    send,
    close: () => {
      clearTimeout(retry);
      socket?.close();
      socket = undefined;
    },
  };
}

/** An unreachable network is silence, and silence is what heartbeats measure. */
const ignore = (): void => undefined;
