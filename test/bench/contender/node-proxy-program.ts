/** A plain TCP proxy: what the product would be if the kernel did not carry its packets. */
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { BenchService } from "./contender.js";

const [address = "", file = ""] = process.argv.slice(2);
for (const { port, servers } of JSON.parse(readFileSync(file, "utf8")) as BenchService[]) {
  let turn = 0;
  const listener = createServer({ noDelay: true }, (client) => {
    const server = servers[turn++ % servers.length];
    const upstream = connect({ host: server?.address, port: server?.port ?? 0, noDelay: true });
    client.pipe(upstream).pipe(client);
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
  });
  listener.listen({ host: address, port, backlog: 4_096 });
}
