import {
  formatDuration,
  millisOf,
  type PersistenceReport,
  type ServerReport,
  type ServiceReport,
  serverKey,
} from "@vipair/model";
import { adminMark, goodMark, healthMark, type Paint } from "./mark.js";
import { type Column, tableLines } from "./table.js";

const serverColumns: readonly Column[] = [
  { title: "SERVER" },
  { title: "ADDRESS" },
  { title: "HEALTH" },
  { title: "ADMIN" },
  { title: "WT", align: "right" },
  { title: "CONN", align: "right" },
  { title: "RATE", align: "right" },
  { title: "BECAUSE" },
];

const serviceColumns: readonly Column[] = [
  { title: "SERVICE" },
  { title: "LISTEN" },
  { title: "STATE" },
  { title: "MODE" },
  { title: "SCHEDULER" },
  { title: "UP", align: "right" },
  { title: "CONN", align: "right" },
  { title: "RATE", align: "right" },
];

/** `vipair services`: a line for each service. */
export function servicesLines(services: readonly ServiceReport[], paint: Paint): string[] {
  if (services.length === 0) return ["no services are configured"];
  const remembering = services.some(({ persistence }) => persistence !== undefined);
  return tableLines(
    remembering ? [...serviceColumns, { title: "CLIENTS", align: "right" }] : serviceColumns,
    services.map(({ name, listen, up, mode, scheduler, servers, persistence }) => [
      paint.bold(name),
      listen,
      goodMark(up, up ? "up" : "down", paint),
      mode,
      servers.length === 0 ? "" : scheduler,
      servers.length === 0 ? "" : `${servers.filter(({ health }) => health === "up").length}/${servers.length}`,
      String(sum(servers, "connections")),
      rateText(sum(servers, "connectionsPerSecond")),
      ...(remembering ? [persistence === undefined ? "" : String(persistence.clients)] : []),
    ]),
  );
}

/** `vipair servers`: a line for each server, named the way `drain` wants it. */
export function serversLines(services: readonly ServiceReport[], peer: string, paint: Paint): string[] {
  const named = services.flatMap((service) =>
    service.servers.map((server) => ({ ...server, name: serverKey(service.name, server.name) })),
  );
  return named.length === 0 ? ["no servers are configured"] : serverTable(named, peer, paint);
}

/** A block of `vipair status`: the service, and its servers below. */
export function serviceBlock(service: ServiceReport, peer: string, paint: Paint): string[] {
  const { name, up, listen, mode, scheduler, servers, resets = 0 } = service;
  const how = servers.length === 0 ? mode : `${mode}, ${scheduler}`;
  const head = `${paint.bold(name)}  ${goodMark(up, up ? "up" : "down", paint)}  ${listen}  ${how}`;
  if (servers.length === 0) return [head];
  const lost =
    resets === 0 ? [] : [paint.yellow(`  ! ${resets} resets told ends of connections that are not known here`)];
  const kept = service.persistence === undefined ? [] : persistenceLines(service.persistence, paint);
  return [head, ...kept, ...serverTable(servers, peer, paint).map((line) => `  ${line}`), ...lost];
}

function persistenceLines(
  { prefix, timeoutSeconds, clients, most, unkept }: PersistenceReport,
  paint: Paint,
): string[] {
  const span = formatDuration(millisOf(timeoutSeconds * 1_000));
  const line = `  ${clients} of at most ${most} clients (/${prefix}) keep their server for ${span}`;
  if (unkept === 0) return [line];
  return [line, paint.yellow(`  ! ${unkept} connections of clients that found no room`)];
}

/** The table, and below a server that the other node sees differently, a line that says so. */
function serverTable(servers: readonly ServerReport[], peer: string, paint: Paint): string[] {
  const [head = "", ...rows] = tableLines(
    serverColumns,
    servers.map((server) => serverRow(server, paint)),
  );
  const noted = rows.flatMap((row, index) => [row, ...peerNote(servers[index], peer, paint)]);
  return [paint.dim(head), ...noted];
}

function peerNote(server: ServerReport | undefined, peer: string, paint: Paint): string[] {
  if (server?.peerHealth === undefined || server.peerHealth === server.health) return [];
  return [paint.yellow(`  ! ${peer} sees ${server.name} ${server.peerHealth}`)];
}

const serverRow = (server: ServerReport, paint: Paint): string[] => [
  server.name,
  server.address,
  healthMark(server.health, paint),
  adminMark(server.admin, paint),
  String(server.weight),
  String(server.connections),
  rateText(server.connectionsPerSecond),
  server.because,
];

/** New connections per second: `0.4/s`, `12/s`. */
const rateText = (rate: number): string => `${rate > 0 && rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate)}/s`;

const sum = (servers: readonly ServerReport[], field: "connections" | "connectionsPerSecond"): number =>
  servers.reduce((total, server) => total + server[field], 0);
