import type { Command } from "commander";
import { connectionsLines, Ranking } from "../screen/connections.js";
import { readCount, readServerName, type ServerName } from "./argument.js";
import { type Context, contextOf } from "./context.js";

const defaultLimit = 1_000;

interface Options {
  readonly service?: string;
  readonly server?: ServerName;
  readonly unprotected?: true;
  readonly limit?: number;
}

export function addConnections(program: Command): void {
  program
    .command("connections")
    .description("live connections, and whether the standby has each")
    .option("--service <name>", "only those of this service")
    .option("--server <service/server>", "only those to this server", readServerName)
    .option("--unprotected", "only those that the standby should have, and has not acknowledged")
    .option(
      "--limit <n>",
      `at most so many, unprotected ones first (default: ${defaultLimit}; none with --json)`,
      readCount,
    )
    .action((options: Options, command: Command) => showConnections(contextOf(command), options));
}

async function showConnections({ daemon, output }: Context, options: Options): Promise<void> {
  const { server, unprotected = false, limit } = options;
  const connections = daemon.connections({
    service: server?.service ?? options.service,
    server: server?.server,
    unprotected,
  });
  if (output.json && limit === undefined) return output.array(connections);
  const ranking = new Ranking(limit ?? defaultLimit);
  for await (const connection of connections) ranking.add(connection);
  output.answer(ranking.best(), () => connectionsLines(ranking, output.paint));
}
