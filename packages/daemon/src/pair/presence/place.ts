import {
  type Config,
  deviceOf,
  type IpAddress,
  interfacesOf,
  prefixContains,
  type VirtualAddress,
} from "@vipair/model";

/** An interface with the virtual addresses on it, and whose traffic there proves that they have arrived. */
export interface Place {
  readonly interface: string;
  readonly addresses: readonly IpAddress[];
  /** Neighbours that are asked, each in the name of an address. */
  readonly inquiries: readonly Inquiry[];
  /** A tracked gateway: only its traffic proves anything. Otherwise, that of anybody. */
  readonly gateway: IpAddress | undefined;
}

export interface Inquiry {
  readonly as: IpAddress;
  readonly neighbour: IpAddress;
}

/** One that answers is enough, and some may be down. */
const mostInquiries = 8;

/** Asked are the tracked gateway of an interface, or else real servers there: they may send to no address, but through it. */
export function placesOf(config: Pick<Config, "pair" | "addresses" | "services">): Place[] {
  return interfacesOf(config.addresses).map((parent) => {
    const [name, here] = frontOf(parent, config);
    const addresses = here.map(({ prefix }) => prefix.address);
    for (const track of config.pair.track) {
      if (track.kind !== "gateway" || track.interface !== parent) continue;
      const { gateway } = track;
      const as = addresses.find(({ family }) => family === gateway.family);
      if (as !== undefined) return { interface: name, addresses, inquiries: [{ as, neighbour: gateway }], gateway };
    }
    return { interface: name, addresses, inquiries: serversAt(here, config), gateway: undefined };
  });
}

/**
 * Where frames for the addresses of an interface arrive, and for which of them: on the interface, or where it has virtual
 * routers with a link-layer address, on the first one's device, which stands for both.
 */
function frontOf(parent: string, { pair, addresses }: Pick<Config, "pair" | "addresses">) {
  const here = addresses.filter((address) => address.interface === parent);
  const devices = here.map((address) => deviceOf(pair, address)?.name ?? parent);
  return [devices[0] ?? parent, here.filter((_, index) => devices[index] === devices[0])] as const;
}

function serversAt(here: readonly VirtualAddress[], { services }: Pick<Config, "services">): Inquiry[] {
  const inquiries = new Map<string, Inquiry>();
  for (const service of services) {
    for (const server of service.kind === "redirect" ? [] : service.servers) {
      const neighbour = server.address.address;
      const as = here.find(({ prefix }) => prefixContains(prefix, neighbour))?.prefix.address;
      if (as !== undefined && inquiries.size < mostInquiries) inquiries.set(neighbour.text, { as, neighbour });
    }
  }
  return [...inquiries.values()];
}
