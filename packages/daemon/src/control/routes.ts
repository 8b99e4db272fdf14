import { type StatusReport, serverKey } from "@vipair/model";
import type { FastifyInstance } from "fastify";
import type { Control } from "./control.js";
import type { Followers } from "./follow.js";
import {
  adminBody,
  BadRequest,
  connectionsQuery,
  eventsQuery,
  failoverBody,
  maintenanceBody,
  read,
  serverParams,
  timelineQuery,
  verifyBody,
  wantedEvents,
  whyQuery,
} from "./request.js";
import type { Streams } from "./stream.js";

/** The routes of the control socket; docs/cli.md lists them for people. */
export function addRoutes(app: FastifyInstance, control: Control, followers: Followers, streams: Streams): void {
  const counted = async (): Promise<StatusReport> => {
    await control.recount();
    return control.status();
  };

  app.get("/status", counted);
  app.get("/services", async () => (await counted()).services);
  app.get("/config", (_request, reply) => reply.type("text/yaml; charset=utf-8").send(control.configText()));

  app.get("/why", async (request) => {
    const { subject } = read(whyQuery, request.query);
    requireSubject(control.status(), subject);
    return { subject, sentences: await control.why(subject) };
  });

  app.get("/events", (request, reply) => {
    const { follow, since } = read(eventsQuery, request.query);
    if (follow === "false") return reply.send(control.events(since));
    reply.hijack();
    followers.add(reply.raw, (tell) => {
      for (const event of control.events(since)) tell(event);
      return control.followEvents(tell);
    });
    return reply;
  });

  app.get("/timeline", async (request, reply) => {
    const query = read(timelineQuery, request.query);
    const isWanted = wantedEvents(query);
    if (query.follow === "false") {
      const { peer, events } = await control.timeline();
      return { peer, events: events.filter(isWanted) };
    }
    reply.hijack();
    followers.add(reply.raw, (tell) => control.followTimeline((event) => isWanted(event) && tell(event)));
    return reply;
  });

  app.get("/connections", (request, reply) => {
    const { service, server, unprotected } = read(connectionsQuery, request.query);
    if (service !== undefined) {
      requireSubject(control.status(), server === undefined ? service : serverKey(service, server));
    }
    reply.hijack();
    void streams.add(reply.raw, control.connections({ service, server, unprotected: unprotected === "true" }));
    return reply;
  });

  app.get("/sync", async () => {
    await control.recount();
    return control.sync();
  });
  app.get("/tuning", () => control.tuning());
  app.post("/sync/verify", (request) => control.verify(read(verifyBody, request.body)));

  app.post("/failover", (request) => {
    const { force, explain } = read(failoverBody, request.body);
    return explain ? control.explainFailover() : control.failover({ force });
  });

  app.post("/maintenance", async (request) => {
    const { on, force } = read(maintenanceBody, request.body);
    await control.setMaintenance({ on, force });
    return { maintenance: control.status().maintenance };
  });

  app.post("/servers/:service/:server", async (request) => {
    const { service, server } = read(serverParams, request.params);
    const { admin, deadlineMs } = read(adminBody, request.body);
    requireSubject(control.status(), serverKey(service, server));
    await control.setAdmin({ service, server, admin, ...(deadlineMs !== undefined && { deadlineMs }) });
    return { service, server, admin };
  });
}

/** Throws 404 unless the subject is `active`, `standby`, a service, or `service/server`. */
function requireSubject({ services }: StatusReport, subject: string): void {
  if (subject === "active" || subject === "standby") return;
  const [name, server, ...rest] = subject.split("/");
  const service = services.find((candidate) => candidate.name === name);
  if (service === undefined) throw new BadRequest(`there is no service ${name}`, 404);
  if (server === undefined) return;
  if (rest.length === 0 && service.servers.some((candidate) => candidate.name === server)) return;
  throw new BadRequest(`service ${name} has no server ${[server, ...rest].join("/")}`, 404);
}
