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
export function canonicalJson(value: unknown): string {
  const json = JSON.stringify(value, (_key, inner: unknown) => (isPlainObject(inner) ? sorted(inner) : inner));
  return json.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const sorted = (value: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));

const word = 0x1_0000_0000;

/** FNV-1a over the characters of an ASCII text (draft-eastlake-fnv, 64-bit parameters), in two halves of 32 bits. */
export function fnv1a64(ascii: string): bigint {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (let i = 0; i < ascii.length; i++) {
    low = (low ^ ascii.charCodeAt(i)) >>> 0;
    // The prime is 2^40 + 0x1b3.
    const product = low * 0x1b3;
    high = (high * 0x1b3 + Math.floor(product / word) + low * 0x100) % word;
    low = product % word;
  }
  return (BigInt(high) << 32n) | BigInt(low);
}
