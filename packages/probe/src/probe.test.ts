import type { RequestListener } from "node:http";
import { type HttpCheck, millisOf, type TcpCheck } from "@vipair/model";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import {
  type Certificate,
  closedEndpoint,
  makeCertificate,
  openHttp,
  openHttps,
  openRaw,
  type TestServer,
} from "./misbehaving.js";
import { probe, probeAll } from "./probe.js";

const second = millisOf(1_000);
const soon = millisOf(150);
const tcp: TcpCheck = { type: "tcp", port: undefined };
const http: HttpCheck = {
  type: "http",
  port: undefined,
  method: "GET",
  path: "/health",
  status: [200],
  body: undefined,
  host: undefined,
  sni: undefined,
  verify: false,
};

const open = new Set<TestServer>();
async function serve(opening: Promise<TestServer>): Promise<TestServer> {
  const server = await opening;
  open.add(server);
  return server;
}
const answering = (status: number, body = "") => serve(openHttp((_, response) => response.writeHead(status).end(body)));

afterEach(async () => {
  const opened = [...open];
  open.clear();
  try {
    await vi.waitFor(() => expect(opened.map((server) => server.openConnections())).toEqual(opened.map(() => 0)));
  } finally {
    for (const server of opened) server.close();
  }
});

describe("tcp", () => {
  it("is content with a connection", async () => {
    const server = await serve(openRaw(() => {}));
    const result = await probe(tcp, server.endpoint, second);
    expect(result).toEqual({ ok: true, because: expect.stringMatching(/^connected in \d+ ms$/) });
  });

  it("says when it is refused", async () => {
    const result = await probe(tcp, await closedEndpoint(), second);
    expect(result).toEqual({ ok: false, because: "connection refused" });
  });

  it("probes another port when the check says so", async () => {
    const server = await serve(openRaw(() => {}));
    const elsewhere = await closedEndpoint();
    expect((await probe({ ...tcp, port: server.endpoint.port }, elsewhere, second)).ok).toBe(true);
  });
});

describe("http", () => {
  it("reports the status", async () => {
    const good = await probe(http, (await answering(200)).endpoint, second);
    expect(good).toEqual({ ok: true, because: expect.stringMatching(/^http 200 in \d+ ms$/) });
    const bad = await probe(http, (await answering(503)).endpoint, second);
    expect(bad).toEqual({ ok: false, because: "http 503, expected 200" });
    const either = await probe({ ...http, status: [200, 204] }, (await answering(404)).endpoint, second);
    expect(either.because).toBe("http 404, expected 200 or 204");
  });

  it("sends method, path, Host header and nothing that keeps the connection", async () => {
    const seen: unknown[] = [];
    const listener: RequestListener = ({ method, url, headers }, response) => {
      seen.push([method, url, headers.host, headers.connection]);
      response.end();
    };
    const { endpoint } = await serve(openHttp(listener));
    await probe({ ...http, method: "HEAD" }, endpoint, second);
    await probe({ ...http, host: "owa.example.com" }, endpoint, second);
    expect(seen).toEqual([
      ["HEAD", "/health", `127.0.0.1:${endpoint.port}`, "close"],
      ["GET", "/health", "owa.example.com", "close"],
    ]);
  });

  it("searches the body", async () => {
    const { endpoint } = await answering(200, "status:\n200 OK\n");
    expect((await probe({ ...http, body: { contains: "200 OK" } }, endpoint, second)).ok).toBe(true);
    expect((await probe({ ...http, body: { matches: "^status:\\s" } }, endpoint, second)).ok).toBe(true);
    const missing = await probe({ ...http, body: { contains: "fine" } }, endpoint, second);
    expect(missing).toEqual({ ok: false, because: 'body does not contain "fine"' });
    const other = await probe({ ...http, body: { matches: "^OK$" } }, endpoint, second);
    expect(other).toEqual({ ok: false, because: "body does not match /^OK$/" });
  });

  it("reads no more than 64 KiB", async () => {
    const endless: RequestListener = (_, response) => {
      const pour = () => {
        while (response.write("x".repeat(16_384)));
      };
      response.on("drain", pour);
      pour();
    };
    const { endpoint } = await serve(openHttp(endless));
    const result = await probe({ ...http, body: { contains: "200 OK" } }, endpoint, second);
    expect(result.because).toBe('body does not contain "200 OK"');
  });

  it("follows no redirection", async () => {
    expect((await probe(http, (await answering(302)).endpoint, second)).because).toBe("http 302, expected 200");
  });
});

describe("https", () => {
  let certificate: Certificate;
  beforeAll(() => {
    certificate = makeCertificate();
  });
  const https: HttpCheck = { ...http, type: "https" };

  it("takes any certificate unless told to verify", async () => {
    const { endpoint } = await serve(openHttps(certificate, (_, response) => response.end()));
    const result = await probe(https, endpoint, second);
    expect(result).toEqual({ ok: true, because: expect.stringMatching(/^https 200 in \d+ ms$/) });
    const verified = await probe({ ...https, verify: true }, endpoint, second);
    expect(verified).toEqual({ ok: false, because: "certificate: self-signed certificate" });
  });

  it("sends the name of the check, else of the Host header, else none", async () => {
    const names: unknown[] = [];
    const listener: RequestListener = ({ socket }, response) => {
      names.push("servername" in socket ? socket.servername : undefined);
      response.end();
    };
    const { endpoint } = await serve(openHttps(certificate, listener));
    await probe({ ...https, sni: "mail.example.com", host: "owa.example.com" }, endpoint, second);
    await probe({ ...https, host: "owa.example.com:443" }, endpoint, second);
    await probe(https, endpoint, second);
    expect(names).toEqual(["mail.example.com", "owa.example.com", false]);
  });

  it("says when the server speaks no tls", async () => {
    const plain = await serve(openRaw((socket) => socket.end("220 smtp.example.com\r\n")));
    const result = await probe(https, plain.endpoint, second);
    expect(result).toEqual({ ok: false, because: "tls: wrong version number" });
  });

  it("says that it waits for tls", async () => {
    const silent = await serve(openRaw(() => {}));
    const result = await probe(https, silent.endpoint, soon);
    expect(result).toEqual({ ok: false, because: "timeout after 150 ms while starting tls" });
  });
});

describe("servers that do wrong", () => {
  const body = { contains: "200 OK" };

  it("accept and never answer", async () => {
    const silent = await serve(openRaw(() => {}));
    const result = await probe(http, silent.endpoint, soon);
    expect(result).toEqual({ ok: false, because: "timeout after 150 ms while waiting for the answer" });
  });

  it("drip bytes of a header for ever", async () => {
    const drip = await serve(
      openRaw((socket) => {
        socket.write("HTTP/1.1 200 OK\r\nx: ");
        const timer = setInterval(() => socket.write("x"), 5);
        socket.on("close", () => clearInterval(timer));
      }),
    );
    expect((await probe(http, drip.endpoint, soon)).because).toBe("timeout after 150 ms while waiting for the answer");
  });

  it("drip bytes of a body for ever", async () => {
    const drip = await serve(
      openHttp((_, response) => {
        const timer = setInterval(() => response.write("x"), 5);
        response.on("close", () => clearInterval(timer));
      }),
    );
    const result = await probe({ ...http, body }, drip.endpoint, soon);
    expect(result.because).toBe("timeout after 150 ms while reading the answer");
  });

  it("reset the connection", async () => {
    const resetting = await serve(openRaw((socket) => socket.once("data", () => socket.resetAndDestroy())));
    const result = await probe(http, resetting.endpoint, second);
    expect(result).toEqual({ ok: false, because: "connection reset while waiting for the answer" });
  });

  it("close without an answer", async () => {
    const closing = await serve(openRaw((socket) => socket.once("data", () => socket.end())));
    const result = await probe(http, closing.endpoint, second);
    expect(result).toEqual({ ok: false, because: "connection closed while waiting for the answer" });
  });

  it("break off in the middle of the body", async () => {
    const breaking = await serve(
      openRaw((socket) => socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n200"))),
    );
    const result = await probe({ ...http, body }, breaking.endpoint, second);
    expect(result).toEqual({ ok: false, because: "connection reset while reading the answer" });
  });

  it("speak something else", async () => {
    const other = await serve(openRaw((socket) => socket.end("220 smtp.example.com ESMTP\r\n")));
    expect((await probe(http, other.endpoint, second)).because).toMatch(/^not an http answer: /);
  });
});

describe("probe", () => {
  it("ends at once when aborted", async () => {
    const silent = await serve(openRaw(() => {}));
    const controller = new AbortController();
    const running = probe(http, silent.endpoint, millisOf(60_000), controller.signal);
    await vi.waitFor(() => expect(silent.openConnections()).toBe(1));
    controller.abort();
    expect(await running).toEqual({ ok: false, because: "aborted" });
    expect(await probe(http, silent.endpoint, second, controller.signal)).toEqual({ ok: false, because: "aborted" });
  });

  it("does not blame the server when this process was stalled past the deadline", async () => {
    const { endpoint } = await answering(200);
    const running = probe(http, endpoint, millisOf(100));
    const until = performance.now() + 200;
    while (performance.now() < until);
    expect((await running).ok).toBe(true);
  });
});

describe("probeAll", () => {
  it("passes when all pass", async () => {
    const { endpoint } = await answering(200);
    const result = await probeAll([tcp, http], endpoint, second);
    expect(result).toEqual({ ok: true, because: expect.stringMatching(/^connected in \d+ ms, http 200 in \d+ ms$/) });
  });

  it("fails with the first failure, and does not wait for the others", async () => {
    const silent = await serve(openRaw(() => {}));
    const refused = { ...tcp, port: (await closedEndpoint()).port };
    const result = await probeAll([http, refused, tcp], silent.endpoint, millisOf(60_000));
    expect(result).toEqual({ ok: false, because: "connection refused" });
  });

  it("passes without checks", async () => {
    expect(await probeAll([], await closedEndpoint(), second)).toEqual({ ok: true, because: "no check" });
  });
});

describe("many probes", () => {
  it("leave no socket and no timer behind", async () => {
    const { endpoint } = await answering(200);
    const before = process.getActiveResourcesInfo().length;
    const results = await Promise.all(Array.from({ length: 100 }, () => probe(http, endpoint, millisOf(5_000))));
    expect(results.every(({ ok }) => ok)).toBe(true);
    await vi.waitFor(() => expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before + 2));
  });
});
