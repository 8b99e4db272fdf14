import picocolors from "picocolors";
import { expect, test } from "vitest";
import { exampleReport } from "../example.fixture.js";
import { serversLines, serviceBlock, servicesLines } from "./services.js";

const plain = picocolors.createColors(false);
const text = (lines: string[]) => `\n${lines.join("\n")}\n`;

test("services: how many servers are up, and what they carry together", () => {
  expect(text(servicesLines(exampleReport.services, plain))).toBe(`
SERVICE  LISTEN             STATE  MODE      SCHEDULER    UP   CONN  RATE
owa      198.51.100.10:443  ✔ up   nat       roundRobin  2/3  20900  24/s
http     198.51.100.10:80   ✔ up   redirect                       0   0/s
`);
});

test("servers: named the way drain wants them", () => {
  const lines = serversLines(exampleReport.services, "lb2", plain);
  expect(lines.map((line) => line.trim().split(/\s+/)[0])).toEqual(["SERVER", "owa/ex1", "owa/ex2", "owa/ex3", "!"]);
  expect(lines.at(-1)).toBe("  ! lb2 sees owa/ex3 up");
});

test("a server that the peer has not judged yet carries no note", () => {
  const [service] = exampleReport.services;
  if (service === undefined) throw new Error("the example has services");
  const unjudged = service.servers.map(({ peerHealth: _, ...server }) => server);
  expect(serversLines([{ ...service, servers: unjudged }], "lb2", plain)).toHaveLength(4);
});

test("nothing configured is said in words", () => {
  expect(servicesLines([], plain)).toEqual(["no services are configured"]);
  expect(serversLines([], "lb2", plain)).toEqual(["no servers are configured"]);
});

test("a service that remembers its clients says how many, and that some found no room", () => {
  const [service, ...others] = exampleReport.services;
  if (service === undefined) throw new Error("the example has services");
  const persistence = { prefix: 24, timeoutSeconds: 5_400, clients: 812, most: 131_072, unkept: 0 };
  const remembering = { ...service, persistence };
  expect(text(servicesLines([remembering, ...others], plain))).toBe(`
SERVICE  LISTEN             STATE  MODE      SCHEDULER    UP   CONN  RATE  CLIENTS
owa      198.51.100.10:443  ✔ up   nat       roundRobin  2/3  20900  24/s      812
http     198.51.100.10:80   ✔ up   redirect                       0   0/s
`);
  expect(serviceBlock(remembering, "lb2", plain)[1]).toBe(
    "  812 of at most 131072 clients (/24) keep their server for 90m",
  );
  const full = { ...remembering, persistence: { ...persistence, unkept: 3 } };
  expect(serviceBlock(full, "lb2", plain)[2]).toBe("  ! 3 connections of clients that found no room");
});
