/**
 * Names of chains and counters. nft takes letters, digits and `/ - _ .` unquoted; the slash separates, so the names of
 * services and servers consist of the others.
 */
const plainName = /^[A-Za-z0-9._-]+$/;

export const tableName = "vipair";

export const serviceChain = (service: string): string => `service/${checked(service)}`;
/** Also the name of the counter of the server's new connections. */
export const serverChain = (service: string, server: string): string => `server/${checked(service)}/${checked(server)}`;
/** Also the name of the counter of the sorry server's new connections. */
export const sorryChain = (service: string): string => `sorry/${checked(service)}`;

/** Counts the frames for our services that still come here after a planned hand-over. */
export const passedOnCounter = "passedOn";
/** Counts the resets that the ends of a service's unknown connections were told. */
export const resetCounter = (service: string): string => `reset/${checked(service)}`;

/** The map from a client to the number of its server. */
export const clientMap = (service: string): string => `clients/${checked(service)}`;
/** Looks a client up, and leads to its server if that gets new connections. */
export const clientChain = (service: string): string => `client/${checked(service)}`;
/** Remembers the client of a server, and leads there. */
export const keptChain = (service: string, server: string): string => `kept/${checked(service)}/${checked(server)}`;
/** Counts connections whose client found no room in the map. */
export const unkeptCounter = (service: string): string => `unkept/${checked(service)}`;

function checked(name: string): string {
  if (!plainName.test(name)) throw new RangeError(`not a name for a chain: ${JSON.stringify(name)}`);
  return name;
}
