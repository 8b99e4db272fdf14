/**
 * A 32-bit hash of a text that never changes: not between runs, nodes or versions. Marks, probe times and source hashing
 * rest on it, and the two nodes must come to the same numbers. FNV-1a with the finalizer of MurmurHash3 behind it, so
 * that names which differ in their last letter lie far apart.
 */
export function stableHash(text: string): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
