import type { BodyMatch } from "@vipair/model";
import { z } from "zod";
import { describe } from "../problem.js";
import { hostName, urlPath, wholeNumber } from "./scalar.js";

const maxBodyLength = 1000;

const body = z
  .string()
  .min(1)
  .max(maxBodyLength)
  .transform((input, context): BodyMatch => {
    const source = /^\/(.+)\/$/s.exec(input)?.[1];
    if (source === undefined) return { contains: input };
    try {
      new RegExp(source);
    } catch (error) {
      context.issues.push({ code: "custom", message: error instanceof Error ? error.message : String(error), input });
    }
    return { matches: source };
  })
  .meta({
    title: "text, or /regular expression/",
    description: "What the answer's body must contain; between slashes, the regular expression it must match.",
    examples: ["200 OK", "/^(ok|degraded)$/"],
  });

const statusCode = wholeNumber(100, 599);

const status = z
  .union([statusCode, z.array(statusCode).min(1)], {
    error: ({ input }) => `expected a status code from 100 to 599, or a list of them, found ${describe(input)}`,
  })
  .transform((value) => (typeof value === "number" ? [value] : value))
  .prefault(200)
  .meta({
    title: "100 to 599, or a list",
    description: "http, https: the status codes that count as healthy.",
    examples: [200, [200, 204]],
  });

/** One health check. Which keys belong to which type is for the rules to say. */
export const checkSchema = z
  .strictObject({
    type: z.enum(["tcp", "http", "https"]).meta({
      description: "`tcp` connects; `http` and `https` also send a request and look at the answer.",
    }),
    port: wholeNumber(1, 65535)
      .optional()
      .meta({ description: "Another port than the server's own.", examples: [8080] }),
    method: z.enum(["GET", "HEAD"]).prefault("GET").meta({ description: "http, https: the method of the request." }),
    path: urlPath
      .prefault("/")
      .meta({ description: "http, https: the path that is requested, with its query.", examples: ["/health"] }),
    status,
    body: body.optional(),
    host: hostName.optional().meta({
      description: "http, https: the Host header. Left out, the server's address.",
      examples: ["mail.example.com"],
    }),
    sni: hostName.optional().meta({
      description: "https: the name sent as SNI and, with `verify`, the name that the certificate must carry.",
      examples: ["mail.example.com"],
    }),
    verify: z.boolean().prefault(false).meta({
      description:
        "https: whether the certificate must be valid. Servers behind a load balancer often have self-signed ones, or names that are not their addresses, so it is off unless asked for.",
    }),
  })
  .meta({
    title: "check",
    allOf: [
      {
        if: { properties: { type: { const: "tcp" } } },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: {
          not: {
            anyOf: ["method", "path", "status", "body", "host", "sni", "verify"].map((key) => ({ required: [key] })),
          },
        },
      },
    ],
  });

export const healthSchema = z
  .union([z.literal("none"), checkSchema, z.array(checkSchema).max(16)], {
    error: ({ input }) => `expected a check, a list of checks, or none, found ${describe(input)}`,
  })
  .transform((value) => {
    if (value === "none") return [];
    return Array.isArray(value) ? value : [value];
  });
