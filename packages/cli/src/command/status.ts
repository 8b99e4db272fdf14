import { serverKey } from "@vipair/model";
import type { Command } from "commander";
import { serversLines, servicesLines } from "../screen/services.js";
import { statusLines } from "../screen/status.js";
import { contextOf } from "./context.js";

export function addStatus(program: Command): void {
  program
    .command("status")
    .description("both nodes on one screen: role, since when and why, services, servers")
    .action(async (_options, command: Command) => {
      const { daemon, output } = contextOf(command);
      const report = await daemon.status();
      output.answer(report, () => statusLines(report, Date.now(), output.paint));
    });
}

export function addServices(program: Command): void {
  program
    .command("services")
    .description("a table of the services")
    .action(async (_options, command: Command) => {
      const { daemon, output } = contextOf(command);
      const { services } = await daemon.status();
      output.answer(services, () => servicesLines(services, output.paint));
    });
}

export function addServers(program: Command): void {
  program
    .command("servers")
    .description("a table of the real servers: health, weight, connections, rate")
    .option("--names", "only SERVICE/SERVER, one a line")
    .action(async ({ names }: { names?: true }, command: Command) => {
      const { daemon, output } = contextOf(command);
      const { services, peer } = await daemon.status();
      const servers = services.flatMap(({ name, servers }) => servers.map((server) => ({ service: name, ...server })));
      if (names) {
        const keys = servers.map(({ service, name }) => serverKey(service, name));
        output.answer(keys, () => keys);
      } else {
        output.answer(servers, () => serversLines(services, peer.node, output.paint));
      }
    });
}
