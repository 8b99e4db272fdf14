import { defaultReachDelay, formatDuration } from "@vipair/model";
import { z } from "zod";
import { address, duration, file, interfaceName, name, namePattern, wholeNumber } from "./scalar.js";

const trackWeight = wholeNumber(1, 253)
  .optional()
  .meta({
    description: "How much priority the node loses while this fails. Left out, the node gives up ownership.",
    examples: [50],
  });

export const trackSchema = z
  .strictObject({
    interface: interfaceName.optional().meta({ description: "The interface must exist, be up and have a carrier." }),
    gateway: address.optional().meta({
      description: "The address, in the network of one of `addresses`, must answer to ARP or neighbour discovery.",
      examples: ["198.51.100.1"],
    }),
    script: file
      .optional()
      .meta({ description: "The program must exit with 0 within the interval.", examples: ["/usr/local/bin/check"] }),
    service: name
      .optional()
      .meta({ description: "So many servers of the service must be fit for new connections.", examples: ["owa"] }),
    minimum: wholeNumber(1, 1_000).optional().meta({ description: "service: how many servers. Left out, 1." }),
    interval: duration("100ms", "1h")
      .optional()
      .meta({
        description: "gateway, script: how often it is asked. Left out, 1s for a gateway and 5s for a script.",
        examples: ["5s"],
      }),
    rise: wholeNumber(1, 100)
      .optional()
      .meta({ description: "gateway, script: successes in a row until it counts again. Left out, 2." }),
    fall: wholeNumber(1, 100)
      .optional()
      .meta({ description: "gateway, script: failures in a row until it counts as failed. Left out, 3." }),
    weight: trackWeight,
  })
  .meta({ title: "track", oneOf: ["interface", "gateway", "script", "service"].map((key) => ({ required: [key] })) });

export const nodeSchema = z
  .strictObject({
    address: address.meta({
      description: "Where the other node reaches this one: heartbeats, the lifeline and the peer link use it.",
      examples: ["192.0.2.1"],
    }),
    priority: wholeNumber(1, 254).meta({ description: "The node with the higher one is preferred.", examples: [200] }),
  })
  .meta({ title: "node" });

export const heartbeatSchema = z.strictObject({
  transport: z
    .enum(["udp", "vrrp"])
    .prefault("udp")
    .meta({
      description:
        "`udp`: authenticated datagrams between two nodes of this product. `vrrp`: RFC 9568 on IP protocol 112, with any " +
        "router that speaks it; see docs/vrrp.md.",
    }),
  routerId: wholeNumber(1, 255).prefault(51).meta({ description: "Tells pairs on one network apart." }),
  interval: duration("10ms", "10s")
    .prefault("100ms")
    .meta({
      description:
        "How often each node says that it lives. The standby takes over after about three of them in silence.",
      examples: ["100ms"],
    }),
  interfaces: z
    .array(interfaceName)
    .min(1)
    .optional()
    .meta({
      title: "list of interfaces",
      description: "Heartbeats run here, beside the sync addresses. Left out, the interfaces of `addresses`.",
      examples: [["eth0"]],
    }),
  unicast: z.boolean().prefault(false).meta({
    description: "`true` where the network has no multicast: heartbeats go to the sync addresses alone.",
  }),
  checksum: z
    .enum(["pseudoHeader", "message"])
    .prefault("pseudoHeader")
    .meta({
      description:
        "vrrp: what the checksum of an advertisement over IPv4 is over. `pseudoHeader`: the message behind a pseudo-header, " +
        "which keepalived expects; `message`: the message alone, as RFC 9568 has it. Both are accepted.",
    }),
  virtualMac: z
    .boolean()
    .prefault(false)
    .meta({
      description:
        "vrrp: with `true`, addresses on the interfaces of heartbeats answer with the virtual router's MAC address, which both " +
        "nodes have (RFC 9568 § 7.3), instead of the interface's own. See docs/vrrp.md.",
    }),
});

export const pairSchema = z
  .strictObject({
    name: name.meta({ description: "Names the pair in logs and reports.", examples: ["mail"] }),
    secretFile: file.meta({
      description: "The secret that the two nodes share, made by `vipair keygen`.",
      examples: ["/etc/vipair/pair.key"],
    }),
    nodes: z.record(z.string(), nodeSchema).meta({
      description: "The two nodes by name. A node finds itself by `--node`, else by its host name.",
      propertyNames: { pattern: namePattern.source },
      minProperties: 2,
      maxProperties: 2,
    }),
    heartbeat: heartbeatSchema.prefault({}).meta({ description: "How the nodes tell each other that they live." }),
    preempt: z.boolean().prefault(false).meta({
      description: "Whether a node takes ownership back from one of lower priority when it returns.",
    }),
    preemptDelay: duration("0s", "1h")
      .prefault("0s")
      .meta({
        description: "How long the node must have been ready before it takes ownership back.",
        examples: ["30s"],
      }),
    reachDelay: duration("100ms", "1h")
      .prefault(formatDuration(defaultReachDelay))
      .meta({
        description:
          "udp: how long the standby must have reached more than the active node (carriers, then gateways, then real " +
          "servers) before it takes over as planned, with `preempt: false`, too. To this adds the time in which both nodes " +
          "notice the same failure.",
        examples: ["2s"],
      }),
    witness: z
      .array(address)
      .max(16)
      .nullish()
      .meta({
        title: "list of addresses",
        description:
          "udp: hosts in the networks of `addresses`. A standby that hears its peer on no path becomes active only if one of " +
          "them answers to ARP or neighbour discovery. Left out, silence is enough.",
        examples: [["198.51.100.1"]],
      }),
    sync: z
      .strictObject({
        port: wholeNumber(1, 65534).prefault(7340).meta({
          description:
            "TCP port of the peer link and UDP port of the heartbeats; the lifeline uses the TCP port above it.",
        }),
      })
      .prefault({})
      .meta({ description: "The link between the nodes." }),
    track: z.array(trackSchema).max(64).nullish().meta({
      title: "list",
      description:
        "Reasons to give up ownership, or to lose priority. Each has one of `interface`, `gateway`, `script`, `service`.",
    }),
  })
  .meta({ description: "The two nodes and how they watch each other." });
