/** A real server: answers HTTP on port 80 with its name, and UDP on port 7 with what it got and its name. */
import { createSocket } from "node:dgram";
import { createServer } from "node:http";

const [name = "server"] = process.argv.slice(2);

const http = createServer((_request, response) => response.end(`${name}\n`));
http.keepAliveTimeout = 0; // a connection lasts as long as its client wants
const echo = createSocket({ type: "udp6", recvBufferSize: 1 << 22 });
const suffix = Buffer.from(name);
echo.on("message", (message, from) => {
  echo.send(Buffer.concat([message, suffix]), from.port, from.address, () => {});
});
http.listen(80, "::", () => echo.bind(7, () => process.send?.("listening")));
process.on("disconnect", () => process.exit(0));
