/**
 * A stream of octets in which each has its place, so that what is lost, doubled, swapped or altered shows: blocks of 64 KiB
 * that begin with their number and go on with what looks like noise.
 */
export const blockLength = 65_536;
const numberLength = 8;
const noise = makeNoise(blockLength - numberLength);

/** The two parts of a block; the second is the same memory for all. */
export function block(number: number): readonly [Buffer, Buffer] {
  const head = Buffer.alloc(numberLength);
  head.writeBigUInt64BE(BigInt(number));
  return [head, noise];
}

/** The stream's first blocks. */
export const octets = (blocks: number): Buffer =>
  Buffer.concat(Array.from({ length: blocks }, (_, number) => block(number)).flat());

/** Follows a stream from its first octet on. */
export class OctetCheck {
  /** Octets that were right so far. */
  received = 0;
  #head = block(0)[0];

  /** Whether the chunk is what comes next; what follows one that was not is not worth asking. */
  follows(chunk: Buffer): boolean {
    for (let at = 0; at < chunk.length; ) {
      const within = this.received % blockLength;
      if (within === 0) this.#head = block(this.received / blockLength)[0];
      const [part, from] = within < numberLength ? [this.#head, within] : [noise, within - numberLength];
      const length = Math.min(chunk.length - at, part.length - from);
      if (part.compare(chunk, at, at + length, from, from + length) !== 0) return false;
      this.received += length;
      at += length;
    }
    return true;
  }
}

/** The upper octets of a linear congruential generator. */
function makeNoise(length: number): Buffer {
  const made = Buffer.alloc(length);
  for (let at = 0, state = 1; at < length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    made[at] = state >>> 24;
  }
  return made;
}
