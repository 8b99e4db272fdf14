import { becomeReplica, becomeSource, Replica } from "@vipair/sync";

/** The machines of the replication, or what a test puts in their place. */
export interface Machines {
  readonly openReplica: (...parts: ConstructorParameters<typeof Replica>) => Replica;
  readonly becomeSource: typeof becomeSource;
  readonly becomeReplica: typeof becomeReplica;
}

export const realMachines: Machines = {
  openReplica: (holdings) => new Replica(holdings),
  becomeSource,
  becomeReplica,
};
