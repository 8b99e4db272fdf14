import type { Replica, Source } from "@vipair/sync";

/** What replicates a store on this node, which is a replica unless it is active. */
export type Machine =
  | { readonly role: "source"; readonly source: Source }
  | { readonly role: "replica"; readonly replica: Replica };

/** What both have in common. */
export const eitherOf = (machine: Machine): Source | Replica =>
  machine.role === "source" ? machine.source : machine.replica;
