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

/** Whose connections a counter counts; `server` is `undefined` for a sorry server. */
export interface CounterOwner {
  readonly service: string;
  readonly server: string | undefined;
}

/** Finds the service and the server of a counter of ours; `undefined` for any other name. */
export function counterOwner(counter: string): CounterOwner | undefined {
  const [kind, service, server, ...rest] = counter.split("/");
  if (service === undefined || rest.length > 0) return undefined;
  if (kind === "sorry" && server === undefined) return { service, server };
  return kind === "server" && server !== undefined ? { service, server } : undefined;
}

function checked(name: string): string {
  if (!plainName.test(name)) throw new RangeError(`not a name for a chain: ${JSON.stringify(name)}`);
  return name;
}
