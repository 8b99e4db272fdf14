import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, expect, it, vi } from "vitest";
import { Streams } from "./stream.js";

let server: Server | undefined;
afterEach(() => server?.close());

it("drops a client that reads nothing for a while, and not one that reads slowly", async () => {
  const failed = vi.fn();
  const streams = new Streams(failed, 200);
  server = createServer((request, response) => {
    void streams.add(response, request.url === "/endless" ? endless() : slow());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const ask = (path: string) => {
    const socket = connect(port, "127.0.0.1").on("error", () => undefined);
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
    return socket;
  };
  const stalled = ask("/endless");
  await vi.waitFor(() => expect(streams.size).toBe(1));
  await vi.waitFor(() => expect(streams.size).toBe(0), { timeout: 5_000 });
  stalled.destroy();
  let text = "";
  const reading = ask("/slow").on("data", (piece) => {
    text += piece;
  });
  await vi.waitFor(() => expect(text).toContain('"last"'), { timeout: 5_000 });
  reading.destroy();
  expect(failed).not.toHaveBeenCalled();
});

async function* endless() {
  for (;;) yield [{ bytes: "x".repeat(65_536) }];
}

/** The kernel takes its time. */
async function* slow() {
  for (const word of ["first", "last"]) {
    await new Promise((resolve) => setTimeout(resolve, 400));
    yield [{ word }];
  }
}
