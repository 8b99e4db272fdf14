import { type Config, defaultReachDelay } from "@vipair/model";

/**
 * A 64-bit digest of everything that the two nodes must agree on: all but the place of the secret, which is each
 * node's own affair. Comments, layout and defaults written out make no difference; the order of services does, since they are
 * numbered in it.
 */
export function configDigest({ pair, addresses, services }: Config): bigint {
  const { secretFile: _, reachDelay, witness, ...agreed } = pair;
  // What an older version knows nothing of makes no difference while it is as if it were not there.
  const added = {
    ...(reachDelay === defaultReachDelay ? {} : { reachDelay }),
    ...(witness.length === 0 ? {} : { witness }),
  };
  return fnv1a64(canonicalJson({ pair: { ...agreed, ...added }, addresses, services }));
}

/** JSON with sorted keys, without `undefined` and in ASCII. */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(sorted(value)).replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const mapping = value as Readonly<Record<string, unknown>>;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(mapping).sort()) copy[key] = sorted(mapping[key]);
  return copy;
}

const word = 0x1_0000_0000;

/** FNV-1a over the characters of an ASCII text (draft-eastlake-fnv, 64-bit parameters), in two halves of 32 bits. */
export function fnv1a64(ascii: string): bigint {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (let i = 0; i < ascii.length; i++) {
    low = (low ^ ascii.charCodeAt(i)) >>> 0;
    // The prime is 2^40 + 0x1b3.
    const product = low * 0x1b3;
    high = (Math.imul(high, 0x1b3) + Math.floor(product / word) + (low << 8)) >>> 0;
    low = product >>> 0;
  }
  return (BigInt(high) << 32n) | BigInt(low);
}
