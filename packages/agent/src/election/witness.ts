import { askNeighbour } from "@vipair/kernel";
import type { Millis, Witness } from "@vipair/model";

/**
 * Asks every witness by ARP or neighbour discovery, and calls back with the first answer. While a question is open, nobody
 * is asked again: the kernel gets one socket for each witness, however long the silence lasts. What the kernel refuses is no
 * answer.
 */
export function openWitnesses(
  witnesses: readonly Witness[],
  patience: Millis,
  reached: () => void,
  ask: typeof askNeighbour = askNeighbour,
): () => void {
  const asked = new Set<Witness>();
  return () => {
    for (const witness of witnesses) {
      if (asked.has(witness)) continue;
      asked.add(witness);
      ask(witness.interface, witness.address, patience)
        .catch(() => false)
        .then((answered) => {
          asked.delete(witness);
          if (answered) reached();
        });
    }
  };
}
