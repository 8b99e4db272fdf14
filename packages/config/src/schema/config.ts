/**
 * The shape of the operator's file. Validation, the JSON Schema for editors and the reference all come from these
 * definitions. What concerns several keys at once is in `rules`.
 */
import { z } from "zod";
import { pairSchema } from "./pair.js";
import { interfaceName, namePattern, prefix } from "./scalar.js";
import { serviceSchema } from "./service.js";

export const virtualAddressSchema = z
  .strictObject({
    address: prefix.meta({
      description: "The address, with the length of its network.",
      examples: ["198.51.100.10/24"],
    }),
    interface: interfaceName.meta({
      description: "The interface that carries it on the active node.",
      examples: ["eth0"],
    }),
  })
  .meta({ title: "virtual address" });

export const configSchema = z.strictObject({
  pair: pairSchema,
  addresses: z.array(virtualAddressSchema).min(1).max(1000).meta({
    title: "list",
    description: "The addresses that the active node holds, always together.",
  }),
  services: z
    .record(z.string(), serviceSchema)
    .nullish()
    .meta({
      description: "What the pair serves, by name.",
      propertyNames: { pattern: namePattern.source },
    }),
  fastPath: z
    .union([z.boolean(), z.literal("all")], { error: "expected true, false or all" })
    .prefault(false)
    .meta({
      description:
        "With `true`, packets of busy connections are translated by a BPF program where they come in, and pass by conntrack and " +
        "all rules of nftables, your own as well. With `all`, connections of TCP begin there too, where their service allows " +
        "that. Each node decides for itself. See docs/fast-path.md.",
    }),
});

/** A document that has the right shape, with defaults filled in. */
export type Shaped = z.output<typeof configSchema>;
export type ShapedService = z.output<typeof serviceSchema>;
export type ShapedTrack = NonNullable<Shaped["pair"]["track"]>[number];
export type ShapedCheck = NonNullable<ShapedService["health"]>[number];
