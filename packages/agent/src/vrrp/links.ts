import {
  type Advertisement,
  type AdvertReceived,
  encodeAdvertisement,
  type ReceptionError,
  type RouterLink,
  receiveAdvertisement,
} from "@vipair/heartbeat";
import { bootClock, type VrrpPacket, watchReadable } from "@vipair/kernel";
import {
  elapsed,
  type Heartbeat,
  type Instant,
  type Millis,
  type PathReport,
  type VirtualAddress,
} from "@vipair/model";
import { type Endpoint, openEndpoint } from "./endpoint.js";
import { openNotices } from "./notice.js";

/** All links of a pair's virtual routers: what is advertised goes out on each, what arrives is checked and handed over. */
export interface Links {
  advertise(priority: number): void;
  /** Reads what has arrived on any link. */
  drain(): void;
  /** An active router advertises and hears nobody; its links are up when they can send. */
  paths(isActive: boolean, silence: Millis): readonly PathReport[];
  refused(): Readonly<Record<string, number>>;
  close(): void;
}

export interface LinksOptions {
  readonly links: readonly RouterLink[];
  readonly heartbeat: Pick<Heartbeat, "routerId" | "interval" | "checksum">;
  /** Never sent from: a backup does not have them. */
  readonly virtual: readonly VirtualAddress[];
  readonly received: (advert: AdvertReceived) => void;
  /** Something that an operator should know, in one sentence. */
  readonly notice: (sentence: string) => void;
}

export function openLinks({ links, heartbeat, virtual, received, notice }: LinksOptions): Links {
  const { routerId, interval, checksum } = heartbeat;
  const watch = watchReadable();
  const note = openNotices(notice);
  const refused = new Map<string, number>();
  const heardAt = new Map<RouterLink, Instant>();
  const own = new Set(virtual.map(({ prefix }) => prefix.address.text));

  const receiveOn = (link: RouterLink, index: number, packet: VrrpPacket): void => {
    const local = endpoints[index]?.source;
    const result = receiveAdvertisement(link, packet, local, routerId);
    if (!result.ok) return refuse(link, packet, result.error);
    const { advertisement } = result;
    heardAt.set(link, bootClock());
    compare(link, packet, advertisement);
    const { priority, interval: peerInterval } = advertisement;
    received({ type: "advertReceived", link: index, priority, interval: peerInterval, sender: packet.source, local });
  };
  const refuse = (link: RouterLink, { source }: VrrpPacket, reason: ReceptionError): void => {
    refused.set(reason, (refused.get(reason) ?? 0) + 1);
    // Other virtual routers on the same link are nobody's fault.
    if (reason === "wrongRouterId") return;
    note(`${link.name} ${reason}`, () => `an advertisement of ${source.text} on ${link.name} was discarded: ${reason}`);
  };
  // RFC 9568 § 7.1: the interval should be, and the addresses may be compared; neither discards an advertisement.
  const compare = (link: RouterLink, { source }: VrrpPacket, advertisement: Advertisement): void => {
    const theirs = listText(advertisement.addresses);
    const ours = listText(link.addresses);
    if (theirs !== ours) {
      note(`${link.name} addresses`, () => `${source.text} on ${link.name} advertises ${theirs}, this node ${ours}`);
    }
    if (advertisement.interval === interval) return;
    const seen = `every ${advertisement.interval} ms, this node is configured for ${interval} ms`;
    note(`${link.name} interval`, () => `${source.text} on ${link.name} advertises ${seen}`);
  };

  const endpoints: readonly Endpoint[] = links.map((link, index) =>
    openEndpoint(link, own, watch, (packet) => receiveOn(link, index, packet)),
  );
  return {
    advertise: (priority) => {
      for (const endpoint of endpoints) {
        const { source, link } = endpoint;
        if (source === undefined) continue;
        const advertisement = { routerId, priority, interval, addresses: link.addresses };
        endpoint.send(encodeAdvertisement(advertisement, { source, destination: link.destination }, checksum));
      }
    },
    drain: () => {
      for (const endpoint of endpoints) endpoint.drain();
    },
    paths: (isActive, silence) =>
      endpoints.map(({ link, source }) => {
        if (isActive) return { path: link.name, up: source !== undefined };
        const at = heardAt.get(link);
        if (at === undefined) return { path: link.name, up: false };
        const lastHeardMs = Math.round(elapsed(at, bootClock()));
        return { path: link.name, up: lastHeardMs <= silence, lastHeardMs };
      }),
    refused: () => Object.fromEntries(refused),
    close: () => {
      for (const endpoint of endpoints) endpoint.close();
      watch.close();
    },
  };
}

const listText = (addresses: Advertisement["addresses"]): string =>
  addresses
    .map(({ text }) => text)
    .sort()
    .join(" ");
