import type { ConnectionReport } from "@vipair/model";
import picocolors from "picocolors";
import { expect, test } from "vitest";
import { exampleConnection } from "../example.fixture.js";
import { connectionsLines, Ranking } from "./connections.js";

const plain = picocolors.createColors(false);

function rankingOf(limit: number, ...connections: ConnectionReport[]): Ranking {
  const ranking = new Ranking(limit);
  for (const connection of connections) ranking.add(connection);
  return ranking;
}

test("a line for each connection, unprotected ones first", () => {
  const ranking = rankingOf(
    1_000,
    exampleConnection(1),
    exampleConnection(2, { protocol: "udp", state: "ASSURED", timeLeft: 28, protection: "sent" }),
    exampleConnection(3, { service: "0x56500009", server: "10.77.2.99:443", protection: "no" }),
    exampleConnection(4, { state: "SYN_RECV", timeLeft: 59, protection: "opening" }),
  );
  expect(`\n${connectionsLines(ranking, plain).join("\n")}\n`).toBe(`
SERVICE     PROTO  CLIENT       LISTENER           SERVER              STATE        LEFT  STANDBY
0x56500009  tcp    192.0.2.7:3  198.51.100.10:443  ex1 10.77.2.99:443  ESTABLISHED   5 d  no
owa         udp    192.0.2.7:2  198.51.100.10:443  ex1 10.77.2.11:443  ASSURED      28 s  sent
owa         tcp    192.0.2.7:1  198.51.100.10:443  ex1 10.77.2.11:443  ESTABLISHED   5 d  yes
owa         tcp    192.0.2.7:4  198.51.100.10:443  ex1 10.77.2.11:443  SYN_RECV     59 s  opening
`);
});

test("no more than the limit, the first of all, and how many are left out", () => {
  const many = Array.from({ length: 2_500 }, (_, n) => exampleConnection(2_500 - n));
  const ranking = rankingOf(3, ...many, exampleConnection(9_999, { protection: "no" }));
  expect(ranking.best().map(({ client }) => client)).toEqual(["192.0.2.7:9999", "192.0.2.7:1", "192.0.2.7:2"]);
  const lines = connectionsLines(ranking, plain);
  expect([lines.length, lines.at(-1)]).toEqual([5, "… and 2498 more; --limit N shows N, --json all"]);
});

test("none", () => expect(connectionsLines(rankingOf(5), plain)).toEqual(["no connections"]));
