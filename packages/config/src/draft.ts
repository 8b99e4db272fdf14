/**
 * A draft is what can be read of a document, right or wrong: every part that has its shape is there, every part that
 * has not is `undefined`. The rules look at drafts, so that one wrong key does not hide what else is wrong.
 */
import { type Endpoint, type IpAddress, type Millis, type Prefix, parseAddress, parsePrefix } from "@vipair/model";
import type { z } from "zod";
import type { Path } from "./problem.js";
import type { Shaped, ShapedService } from "./schema/config.js";
import { heartbeatSchema, nodeSchema } from "./schema/pair.js";
import type { PeerEndpoint } from "./schema/scalar.js";
import { serverSchema, serviceSchema } from "./schema/service.js";

export type Mapping = Readonly<Record<string, unknown>>;

export interface NodeDraft {
  readonly name: string;
  readonly path: Path;
  readonly address: IpAddress | undefined;
  readonly priority: number | undefined;
}

export interface AddressDraft {
  readonly path: Path;
  readonly interface: unknown;
  /** The address that the operator meant, even when its prefix is wrong or no interface can carry it. */
  readonly meant: IpAddress | undefined;
  /** The address with its network, when it can be read. */
  readonly prefix: Prefix | undefined;
}

export interface ServerDraft {
  readonly name: string;
  readonly path: Path;
  readonly address: PeerEndpoint | undefined;
  readonly weight: number | undefined;
  readonly limited: boolean;
}

export interface ServiceDraft {
  readonly name: string;
  readonly path: Path;
  /** The service as it was written. */
  readonly written: Mapping;
  readonly listen: Endpoint | undefined;
  readonly servers: readonly ServerDraft[];
  readonly sorry: PeerEndpoint | undefined;
  readonly interval: Millis | undefined;
  readonly timeout: Millis | undefined;
}

export interface Draft {
  /** `undefined` when the document has no mapping of nodes. */
  readonly nodes: readonly NodeDraft[] | undefined;
  readonly heartbeatInterfaces: readonly unknown[];
  /** The heartbeat as it was written. */
  readonly heartbeat: Mapping;
  readonly heartbeatInterval: Millis | undefined;
  readonly tracks: readonly unknown[];
  readonly witnesses: readonly unknown[];
  readonly addresses: readonly AddressDraft[];
  readonly services: readonly ServiceDraft[];
  /** As it was written. */
  readonly fastPath: unknown;
}

/** @param shaped the document's values, when all have their shape; services are not read a second time then */
export function readDraft(document: unknown, shaped: Shaped | undefined): Draft {
  const { pair, addresses, services, fastPath } = mappingOf(document);
  const { nodes, heartbeat, track, witness } = mappingOf(pair);
  return {
    nodes: isMapping(nodes) ? Object.entries(nodes).map(([name, node]) => readNode(name, mappingOf(node))) : undefined,
    heartbeatInterfaces: listOf(mappingOf(heartbeat).interfaces),
    heartbeat: mappingOf(heartbeat),
    heartbeatInterval: read(heartbeatSchema.shape.interval, mappingOf(heartbeat).interval),
    tracks: listOf(track),
    witnesses: listOf(witness),
    addresses: listOf(addresses).map((address, index) => readAddress(index, mappingOf(address))),
    services: Object.entries(mappingOf(services)).map(([name, service]) =>
      readService(name, mappingOf(service), shaped?.services?.[name]),
    ),
    fastPath,
  };
}

function readNode(name: string, { address, priority }: Mapping): NodeDraft {
  const { shape } = nodeSchema;
  return {
    name,
    path: ["pair", "nodes", name],
    address: read(shape.address, address),
    priority: read(shape.priority, priority),
  };
}

function readAddress(index: number, { address, interface: name }: Mapping): AddressDraft {
  const meant = typeof address === "string" ? parseAddress(address.split("/")[0] ?? "") : undefined;
  const prefix = typeof address === "string" ? parsePrefix(address) : undefined;
  return { path: ["addresses", index], interface: name, meant, prefix };
}

function readService(name: string, written: Mapping, shaped: ShapedService | undefined): ServiceDraft {
  const { shape } = serviceSchema;
  const { listen, sorry, interval, timeout } = shaped ?? {
    listen: read(shape.listen, written.listen),
    sorry: read(shape.sorry, written.sorry),
    interval: read(shape.interval, written.interval),
    timeout: read(shape.timeout, written.timeout),
  };
  const path = ["services", name];
  const servers = Object.entries(mappingOf(written.servers)).map(([server, value]) =>
    readServer(server, path, mappingOf(value), shaped?.servers?.[server]),
  );
  return { name, path, written, listen, servers, sorry, interval, timeout };
}

function readServer(
  name: string,
  service: Path,
  written: Mapping,
  shaped: z.output<typeof serverSchema> | undefined,
): ServerDraft {
  const { shape } = serverSchema;
  const { address, weight } = shaped ?? {
    address: read(shape.address, written.address),
    weight: read(shape.weight, written.weight),
  };
  return { name, path: [...service, "servers", name], address, weight, limited: written.maxConnections !== undefined };
}

export const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const mappingOf = (value: unknown): Mapping => (isMapping(value) ? value : {});

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function read<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> | undefined {
  const result = schema.safeParse(value);
  return result.success ? result.data : undefined;
}
