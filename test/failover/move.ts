import { until } from "../topology/clock.js";
import { type LbName, otherLb } from "../topology/plan.js";
import type { Topology } from "../topology/topology.js";
import type { Cause } from "./cause.js";
import type { PairUnderTest } from "./pair.js";

/** Ownership that moved by a cause whose damage is not undone yet. */
export interface Move {
  readonly cause: Cause;
  readonly from: LbName;
  readonly to: LbName;
}

/** Injects the cause on the active node, and waits until the other one says that it is active. */
export async function moveAway(topology: Topology, pair: PairUnderTest, cause: Cause): Promise<Move> {
  const from = await pair.settled();
  const to = otherLb(from);
  await cause.inject(pair, topology, from);
  await becameActive(pair, to);
  return { cause, from, to };
}

/** Undoes the damage, and waits until the node could take over again. */
export async function recover(topology: Topology, pair: PairUnderTest, { cause, from }: Move): Promise<void> {
  await cause.recover(pair, topology, from);
  await pair.settled();
}

/** A planned failover to where ownership was before. */
export async function moveBack(pair: PairUnderTest, { from, to }: Pick<Move, "from" | "to">): Promise<void> {
  await pair.planned(to);
  await becameActive(pair, from);
}

/** Lets this node serve, by a planned failover if it does not. */
export async function serveFrom(pair: PairUnderTest, node: LbName): Promise<void> {
  const active = await pair.settled();
  if (active === node) return;
  await moveBack(pair, { from: node, to: active });
  await pair.afterPlanned(active);
  await pair.settled();
}

const becameActive = (pair: PairUnderTest, node: LbName): Promise<true> =>
  until(`${node} is active`, 10_000, () => pair.isActive(node), 20);
