import { describe, expect, it } from "vitest";
import { accepted, expectErrors, serviceWith } from "../../fixtures/marked.js";

const checks = (health: string): unknown => {
  const [service] = accepted(serviceWith(`    health: ${health}`)).config.services;
  return service?.kind === "balanced" ? service.health : undefined;
};

describe("health", () => {
  it.each([
    ["▸5", "expected a check, a list of checks, or none, found 5"],
    ["▸nothing", 'expected a check, a list of checks, or none, found "nothing"'],
    ["▸{ port: 80 }", 'the key "type" is missing'],
    ["{ type: ▸htp }", 'expected one of tcp, http, https, found "htp"; did you mean "http"?'],
    ["[{ type: tcp }, { type: tcp, port: ▸0 }]", "expected at least 1, found 0"],
    ["{ type: tcp, ▸path: /x }", '"path" belongs to http and https checks only'],
    ["{ type: http, ▸sni: a.b }", '"sni" belongs to https checks only'],
    ["{ type: tcp, ▸verify: true }", '"verify" belongs to https checks only'],
    ["{ type: http, path: ▸x }", 'expected the path of a URL (it starts with / and has no spaces), found "x"'],
    ['{ type: http, path: ▸"/a b" }', 'expected the path of a URL (it starts with / and has no spaces), found "/a b"'],
    ["{ type: http, method: ▸POST }", 'expected one of GET, HEAD, found "POST"'],
    ["{ type: http, status: ▸99 }", "expected at least 100, found 99"],
    ["{ type: http, status: [200, ▸600] }", "expected at most 599, found 600"],
    ["{ type: http, status: ▸[] }", "expected at least 1 entry"],
    ["{ type: http, status: ▸ok }", 'expected a status code from 100 to 599, or a list of them, found "ok"'],
    ['{ type: http, body: ▸"" }', "expected at least 1 character"],
    ["{ type: http, body: ▸200 }", "expected text, found 200"],
    ["{ type: http, body: ▸/a(/ }", "Invalid regular expression: /a(/: Unterminated group"],
    ["{ type: http, method: HEAD, ▸body: ok }", "an answer to HEAD has no body"],
    ['{ type: https, host: ▸"a b" }', 'expected a host name, found "a b"'],
    ["{ type: https, ▸pth: /x }", 'unknown key "pth"; did you mean "path"?'],
    ["[▸tcp]", 'expected a mapping, found "tcp"'],
  ])("refuses %s", (health, message) => expectErrors(serviceWith(`    health: ${health}`), message));

  it("is always up when it is none", () => {
    expect(checks("none")).toEqual([]);
    expect(checks("[]")).toEqual([]);
  });

  it("is one check or a list", () => {
    expect(checks("{ type: tcp, port: 25 }")).toEqual([{ type: "tcp", port: 25 }]);
    expect(checks("[{ type: tcp }, { type: http }]")).toHaveLength(2);
  });

  it("has defaults for http", () => {
    expect(checks("{ type: https }")).toEqual([
      {
        type: "https",
        port: undefined,
        method: "GET",
        path: "/",
        status: [200],
        body: undefined,
        host: undefined,
        sni: undefined,
        verify: false,
      },
    ]);
  });

  it("matches a body by text, or by a regular expression between slashes", () => {
    expect(checks('{ type: http, body: "200 OK", status: [200, 204] }')).toMatchObject([
      { body: { contains: "200 OK" }, status: [200, 204] },
    ]);
    expect(checks('{ type: http, body: "/^(ok|fine)$/" }')).toMatchObject([{ body: { matches: "^(ok|fine)$" } }]);
    expect(checks('{ type: http, body: "//" }')).toMatchObject([{ body: { contains: "//" } }]);
    expect(checks('{ type: http, body: "/a" }')).toMatchObject([{ body: { contains: "/a" } }]);
  });
});
