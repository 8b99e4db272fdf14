import { z } from "zod";
import { quote } from "../problem.js";
import { healthSchema } from "./health.js";
import { duration, endpoint, namePattern, peerEndpoint, wholeNumber } from "./scalar.js";

/** An error for values that the interface has, but this program does not yet. */
const notYet =
  (later: readonly string[], instead: string) =>
  ({ input }: { readonly input: unknown }): string | undefined =>
    typeof input === "string" && later.includes(input)
      ? `${quote(input)} is not available yet; use ${instead}`
      : undefined;

export const serverSchema = z
  .strictObject({
    address: peerEndpoint.meta({
      description: "Where the server listens. Without a protocol, it has that of the service.",
      examples: ["10.77.2.11:443"],
    }),
    weight: wholeNumber(0, 255).prefault(1).meta({ description: "Its share of new connections; 0 gets none." }),
    maxConnections: wholeNumber(1, 10_000_000)
      .optional()
      .meta({
        description: "Connections it may have at once. Limits nothing yet; `vipair tuning` expects so many.",
        examples: [5000],
      }),
  })
  .meta({ title: "server" });

const persistenceSchema = z
  .strictObject({
    prefix: wholeNumber(1, 128)
      .optional()
      .meta({
        description:
          "Length of the client prefix that sticks together. Left out, the single client: 32, or 128 for IPv6.",
        examples: [32],
      }),
    timeout: duration("1s", "30d")
      .prefault("1h")
      .meta({ description: "How long a client is remembered after its last connection began." }),
    clients: wholeNumber(1, 262_144).prefault(131_072).meta({
      description:
        "The most clients that are remembered at once. Others are served as well, and may get another server each time.",
    }),
  })
  .meta({ description: "Sends a client to the server it had before. Left out, the scheduler decides each time." });

/** The keys that a service has besides `listen` when it balances connections, and must not have when it redirects. */
const balancedShape = {
  mode: z
    .enum(["nat", "snat"], { error: notYet(["dsr"], "nat or snat") })
    .prefault("nat")
    .meta({
      description:
        "`nat`: servers see the client's address, and their way back must lead through the pair. `snat` (one-arm): servers see the address of the service.",
    }),
  scheduler: z
    .enum(["roundRobin", "random", "sourceHash"], {
      error: notYet(["leastConnections", "adaptive"], "roundRobin, random or sourceHash"),
    })
    .prefault("roundRobin")
    .meta({ description: "Which server gets a new connection. `sourceHash`: the same client gets the same server." }),
  persistence: persistenceSchema.optional(),
  health: healthSchema.optional().meta({
    title: "check, list of checks, or none",
    description:
      "All checks must pass. Left out, a TCP connect for TCP services and nothing (always up) for UDP ones; `none` or `[]` is always up as well.",
  }),
  interval: duration("100ms", "1h")
    .prefault("2s")
    .meta({ description: "How often each server is checked.", examples: ["2s"] }),
  timeout: duration("10ms", "1h")
    .optional()
    .meta({
      description: "How long a check may take; at most `interval`. Left out, 1s, or `interval` when that is shorter.",
      examples: ["1s"],
    }),
  rise: wholeNumber(1, 100).prefault(2).meta({ description: "Successes in a row that bring a server up." }),
  fall: wholeNumber(1, 100).prefault(3).meta({ description: "Failures in a row that take a server down." }),
  servers: z
    .record(z.string(), serverSchema)
    .optional()
    .meta({
      description:
        "The real servers by name; required unless the service redirects. Their weights add up to at most 4096, and one is not 0.",
      propertyNames: { pattern: namePattern.source },
      minProperties: 1,
    }),
  sorry: peerEndpoint
    .optional()
    .meta({ description: "Gets the traffic when no server is up.", examples: ["10.77.2.99:443"] }),
};

export const balancedKeys: readonly string[] = Object.keys(balancedShape);

export const serviceSchema = z
  .strictObject({
    listen: endpoint.meta({
      description: "Where clients connect: one of `addresses`, a port, and `/udp` unless it is TCP.",
      examples: ["198.51.100.10:443"],
    }),
    redirect: z
      .enum(["https"])
      .optional()
      .meta({
        description: "Answers every request with 301 to the same host and path on https. Goes with `listen` alone.",
        examples: ["https"],
      }),
    ...balancedShape,
  })
  .meta({ title: "service", oneOf: [{ required: ["servers"] }, { required: ["redirect"] }] });
