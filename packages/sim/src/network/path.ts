import type { NodeIndex } from "@vipair/heartbeat";
import type { Random } from "../random.js";

/** One direction of a path. All faults of a kind may overlap: each is counted, or the worst one holds. */
export interface Direction {
  /** Number of partitions in force. */
  cuts: number;
  /** Loss probabilities in force. */
  readonly losses: number[];
  /** Additional delays up to which packets are scattered, and so reordered. */
  readonly jitters: number[];
  readonly duplications: number[];
}

/**
 * A way on which datagrams travel from one node to the other: they are late, lost, doubled and overtaken as the faults
 * in force say.
 */
export class DatagramPath {
  readonly directions: readonly [Direction, Direction] = [openDirection(), openDirection()];
  readonly delayMs: number;
  readonly #random: Random;

  constructor(random: Random, delayMs: number) {
    this.#random = random;
    this.delayMs = delayMs;
  }

  /** When the copies of a packet sent now by `from` arrive, in milliseconds from now; none when it is lost. */
  fates(from: NodeIndex): readonly number[] {
    const direction = this.directions[from];
    if (isCut(direction) || this.#random.chance(worst(direction.losses))) return [];
    const copies = this.#random.chance(worst(direction.duplications)) ? 2 : 1;
    const scatter = worst(direction.jitters);
    const fates: number[] = [];
    for (let i = 0; i < copies; i++) fates.push(this.delayMs + this.#random.between(0, scatter + this.delayMs / 10));
    return fates;
  }
}

/** Whatever is sent arrives, once and soon. */
export const isClear = (direction: Direction): boolean =>
  direction.cuts === 0 && direction.losses.length === 0 && direction.jitters.length === 0;

export const isCut = (direction: Direction): boolean => direction.cuts > 0;

export const openDirection = (): Direction => ({ cuts: 0, losses: [], jitters: [], duplications: [] });

const worst = (values: readonly number[]): number => (values.length === 0 ? 0 : Math.max(...values));
