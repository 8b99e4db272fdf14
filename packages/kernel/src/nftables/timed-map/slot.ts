/**
 * Elements of a timed map as bytes: slots of a fixed size, one behind the other, so that a hundred thousand of them do not
 * become objects. Numbers are in network byte order, as a `DataView` reads them by default.
 *
 *     0 key 16 (an IPv4 address has 12 zeros behind it)     16 value u32     20 milliseconds until it expires u32
 */
export const elementSlot = { size: 24, key: 0, value: 16, expires: 20 } as const;

export const slotOffsets = ({ byteLength }: ArrayBufferView): number[] =>
  Array.from({ length: Math.floor(byteLength / elementSlot.size) }, (_, index) => index * elementSlot.size);
