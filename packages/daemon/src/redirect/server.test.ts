import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { httpsLocation, openRedirectServer, type RedirectServer } from "./server.js";

let server: RedirectServer;
beforeAll(async () => {
  server = await openRedirectServer();
});
afterAll(() => server.close());

async function get(path: string, host: string): Promise<IncomingMessage> {
  const sent = request({ host: "127.0.0.2", port: server.port, path, headers: { host } });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.resume();
  return response;
}

/** Everything that comes back for these bytes, up to the end of the connection. */
async function answerTo(bytes: string): Promise<string> {
  const socket = connect(server.port, "127.0.0.2");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.write(Buffer.from(bytes, "latin1"));
  await once(socket, "close");
  return Buffer.concat(chunks).toString("latin1");
}

describe("a request", () => {
  it("is sent to the same host and path on https", async () => {
    const response = await get("/owa/?a=1&b=2", "mail.example.org:80");
    expect([response.statusCode, response.headers.location]).toEqual([301, "https://mail.example.org/owa/?a=1&b=2"]);
  });

  it("without a usable host is refused, and so is one that splits lines", async () => {
    expect((await get("/", "a/b")).statusCode).toBe(400);
    expect(await answerTo("GET / HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1.1 400/);
    expect(await answerTo("GET / HTTP/1.1\r\nHost: a\rSet-Cookie: b\r\n\r\n")).toMatch(/^HTTP\/1.1 400/);
  });

  it("of bytes that are no HTTP is refused, and others are answered after it", async () => {
    expect(await answerTo("\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n")).toMatch(/^HTTP\/1.1 400/);
    expect((await get("/", "a")).statusCode).toBe(301);
  });
});

describe("the https address", () => {
  it.each([
    ["mail.example.org", "/", "https://mail.example.org/"],
    ["mail.example.org:8080", "/a?b#c", "https://mail.example.org/a?b#c"],
    ["198.51.100.10:80", "/a", "https://198.51.100.10/a"],
    ["[2001:db8::1]:80", "/a", "https://[2001:db8::1]/a"],
    ["[2001:db8::1]", "/a", "https://[2001:db8::1]/a"],
    ["a", "//evil.example", "https://a//evil.example"],
    ["a", "http://evil.example/", "https://a/"],
    ["a", "*", "https://a/"],
    ["a", "/x\r\nSet-Cookie: b", "https://a/"],
    ["a", "/x\fy", "https://a/"],
    ["a", "/ü", "https://a/"],
    ["a", undefined, "https://a/"],
  ])("of host %j and path %j is %j", (host, path, location) => expect(httpsLocation(host, path)).toBe(location));

  it.each([
    undefined,
    "",
    " ",
    "a b",
    "user@a",
    "a/b",
    "a?b",
    "a#b",
    "a\\b",
    "a:b",
    "a:80:80",
    "a:123456",
    "[::1",
    "::1",
    "[::1%eth0]",
    "a\r\nb",
    "a\n",
    "ä",
  ])("does not exist for host %j", (host) => expect(httpsLocation(host, "/")).toBeUndefined());

  it("never leaves the host, and always fits into a header", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (host, path) => {
        const location = httpsLocation(host, path) ?? "https://x/";
        expect(location).toMatch(/^https:\/\/([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])\/[\x21-\x7e]*$/);
      }),
    );
  });
});
