import { type EventReport, millisOf } from "@vipair/model";
import { z } from "zod";

/** What requests may contain; anything else is answered with 400 and the complaint. */
export const failoverBody = z.strictObject({
  force: z.boolean().default(false),
  explain: z.boolean().default(false),
});

export const maintenanceBody = z.strictObject({ on: z.boolean(), force: z.boolean().default(false) });

export const adminBody = z
  .strictObject({
    admin: z.enum(["enabled", "draining", "disabled"]),
    deadlineMs: z.int().positive().transform(millisOf).optional(),
  })
  .refine((body) => body.deadlineMs === undefined || body.admin === "draining", {
    path: ["deadlineMs"],
    message: "only draining has a deadline",
  });

export const verifyBody = z.strictObject({ repair: z.boolean().default(true) });

export const connectionsQuery = z
  .strictObject({
    service: z.string().min(1).optional(),
    server: z.string().min(1).optional(),
    unprotected: z.enum(["true", "false"]).default("false"),
  })
  .refine((query) => query.server === undefined || query.service !== undefined, {
    path: ["server"],
    message: "a server is one of a service",
  });

export const serverParams = z.object({ service: z.string(), server: z.string() });

export const whyQuery = z.strictObject({ subject: z.string().min(1) });

/** `since` is a point in time: ISO 8601, or milliseconds since 1970-01-01 UTC. */
export const eventsQuery = z.strictObject({
  follow: z.enum(["true", "false"]).default("false"),
  since: z.string().transform(readTime).optional(),
});

export const timelineQuery = eventsQuery.extend({ node: z.string().min(1).optional() });

/** Which events of a timeline such a query is about. */
export const wantedEvents =
  ({ since, node }: z.output<typeof timelineQuery>) =>
  (event: EventReport): boolean =>
    (since === undefined || Date.parse(event.at) >= since) && (node === undefined || event.node === node);

function readTime(text: string, context: z.RefinementCtx): number {
  const time = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isNaN(time)) context.addIssue("neither ISO 8601 nor milliseconds since 1970");
  return time;
}

/** The client's mistake; `status` is the HTTP status it is answered with. */
export class BadRequest extends Error {
  constructor(
    message: string,
    readonly status: 400 | 404 = 400,
  ) {
    super(message);
    this.name = "BadRequest";
  }
}

/** Reads a part of a request, or throws {@link BadRequest} with every complaint. */
export function read<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value ?? {});
  if (result.success) return result.data;
  const complaints = result.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`,
  );
  throw new BadRequest(complaints.join("; "));
}

/** The body of a request as JSON, whatever content type the client claims; nothing counts as `{}`. */
export function parseBody(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new BadRequest("the body is not JSON");
  }
}
