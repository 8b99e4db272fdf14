/**
 * A real server. HTTP on port 80: its name, or with `/octets?blocks=N` the first blocks of the stream of `octets.ts`. UDP
 * on port 7: what it got and its name. TCP on port 7: what it got. TCP on port 19: that stream without end, as fast as it
 * is taken.
 */
import { createSocket } from "node:dgram";
import { createServer as createHttpServer, type ServerResponse } from "node:http";
import { createServer, type Socket } from "node:net";
import type { Writable } from "node:stream";
import { block, blockLength } from "./octets.js";

const [name = "server"] = process.argv.slice(2);
const suffix = Buffer.from(name);

const http = createHttpServer((request, response) => {
  const blocks = new URL(request.url ?? "/", "http://server").searchParams.get("blocks");
  if (blocks === null) response.end(`${name}\n`);
  else download(response, Number(blocks));
});
http.keepAliveTimeout = 0; // a connection lasts as long as its client wants

const datagrams = createSocket({ type: "udp6", recvBufferSize: 1 << 22 });
datagrams.on("message", (message, from) => {
  datagrams.send(Buffer.concat([message, suffix]), from.port, from.address, () => {});
});

const echo = tcpServer((socket) => socket.on("data", (data) => socket.write(data)));
const generator = tcpServer((socket) => sendBlocks(socket, Number.POSITIVE_INFINITY));

http.listen(80, "::", () =>
  echo.listen(7, "::", 2_048, () =>
    generator.listen(19, "::", () => datagrams.bind(7, () => process.send?.("listening"))),
  ),
);
process.on("disconnect", () => process.exit(0));

function tcpServer(serve: (socket: Socket) => void) {
  return createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => {}); // its client has gone
    serve(socket);
  });
}

function download(response: ServerResponse, blocks: number): void {
  response.setHeader("content-length", blocks * blockLength);
  sendBlocks(response, blocks);
}

function sendBlocks(to: Writable, count: number): void {
  let next = 0;
  const send = (): void => {
    for (let room = true; room && next < count; next++) {
      const [head, body] = block(next);
      to.cork();
      to.write(head);
      room = to.write(body);
      to.uncork();
    }
    if (next >= count) to.end();
  };
  to.on("drain", send);
  send();
}
