/** Makes the code that proves who wrote a packet: HMAC-SHA256 with the pair's secret. */
export interface Authenticator {
  /** 32 bytes for any input. */
  mac(bytes: Uint8Array): Uint8Array;
}

/** Takes the same time wherever two codes of equal length differ, so that none can be found out byte by byte. */
export function equalInConstantTime(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let i = 0; i < left.length; i++) difference |= (left[i] ?? 0) ^ (right[i] ?? 0);
  return difference === 0;
}
