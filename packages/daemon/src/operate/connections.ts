import { serviceViews } from "@vipair/balancer";
import { type Conntrack, flowSlot, readFlow } from "@vipair/kernel";
import { type ConnectionReport, type Flow, flowMark, flowMarkMask, formatHostPort } from "@vipair/model";
import type { Balancer } from "../balance/balancer.js";
import type { ConnectionFilter } from "../control/index.js";
import { isAssured } from "../replicate/records.js";
import type { Replicator } from "../replicate/replicator.js";
import { flowState, protocolName } from "../replicate/words.js";

export interface ListingParts {
  readonly conntrack: Pick<Conntrack, "dumpSlots">;
  readonly replicator: Pick<Replicator, "protection">;
  readonly loop: Pick<Balancer["loop"], "state">;
}

/** Connections through our services as this node's kernel has them now, in its order; the kernel is read in pieces. */
export async function* listConnections(
  { conntrack, replicator, loop }: ListingParts,
  { service, server, unprotected }: ConnectionFilter,
): AsyncGenerator<readonly ConnectionReport[], void, void> {
  const services = new Map(serviceViews(loop.state).map((view) => [view.mark, nameServers(view)]));
  const mark = [...services].find(([, { name }]) => name === service)?.[0];
  const selection = mark === undefined ? { mark: flowMark, mask: flowMarkMask } : { mark, mask: 0xffff_ffff };

  const protectionOf = (view: DataView, record: number): ConnectionReport["protection"] => {
    const protection = replicator.protection(view, record);
    return protection === "no" && !isAssured(view, record) ? "opening" : protection;
  };
  const report = (view: DataView, slot: number): ConnectionReport => {
    const flow = readFlow(view, slot);
    const address = endOf(flow.reply, "source");
    const known = services.get(flow.mark);
    const serverName = known?.servers.get(address);
    return {
      service: known?.name ?? `0x${flow.mark.toString(16)}`,
      protocol: protocolName(flow.protocol),
      client: endOf(flow.original, "source"),
      listener: endOf(flow.original, "destination"),
      server: address,
      ...(serverName !== undefined && { serverName }),
      state: flowState(flow),
      timeLeft: flow.timeout,
      protection: protectionOf(view, slot + flowSlot.record),
    };
  };
  const isWanted = ({ serverName, protection }: ConnectionReport): boolean =>
    (server === undefined || serverName === server) && (!unprotected || protection === "no" || protection === "sent");

  for await (const slots of conntrack.dumpSlots(selection)) {
    const view = new DataView(slots);
    const reports: ConnectionReport[] = [];
    for (let offset = 0; offset < view.byteLength; offset += flowSlot.size) {
      const connection = report(view, offset);
      if (isWanted(connection)) reports.push(connection);
    }
    yield reports;
  }
}

const nameServers = ({ name, servers }: ReturnType<typeof serviceViews>[number]) => ({
  name,
  servers: new Map(servers.map((server) => [server.address, server.name])),
});

const endOf = (tuple: Flow["original"], end: "source" | "destination"): string =>
  formatHostPort({ address: tuple[end], port: tuple[`${end}Port`] });
