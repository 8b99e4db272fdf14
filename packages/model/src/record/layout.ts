/**
 * One connection in fixed binary form: 64 bytes for IPv4, 112 for IPv6, all numbers in network byte order. What reads the
 * kernel's events, the mirrors in memory, the frames on the link and what writes into the kernel hold the same bytes, so
 * that a connection is never an object on its way from one kernel to the other.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+---------------+---------------+---------------+
 *  0| family (4, 6) |   protocol    |     flags     |   TCP state   |
 *   +---------------+---------------+---------------+---------------+
 *  4| TCP flags:    |               | window scale: |               |
 *   |   original    |    reply      |   original    |    reply      |
 *   +---------------+---------------+---------------+---------------+
 *  8|                            status                             |
 *   +---------------------------------------------------------------+
 * 12|                      timeout in seconds                       |
 *   +---------------------------------------------------------------+
 * 16|                             mark                              |
 *   +---------------------------------------------------------------+
 * 20|                      id (CTA_ID; 0: unknown)                  |
 *   +-------------------------------+-------------------------------+
 * 24|     original source port      |   original destination port   |
 *   +-------------------------------+-------------------------------+
 * 28|       reply source port       |     reply destination port    |
 *   +-------------------------------+-------------------------------+
 * 32|                        zero (128)                             |
 *   +---------------------------------------------------------------+
 * 48|  original source, original destination, reply source, reply   |
 *   |  destination: 4 × 32 or 4 × 128                               |
 *   +---------------------------------------------------------------+
 */
export const recordLength4 = 64;
export const recordLength6 = 112;

/** Offsets of a record's fields; see above. */
export const recordFields = {
  family: 0,
  protocol: 1,
  flags: 2,
  tcpState: 3,
  tcpFlagsOriginal: 4,
  tcpFlagsReply: 5,
  scaleOriginal: 6,
  scaleReply: 7,
  status: 8,
  timeout: 12,
  mark: 16,
  id: 20,
  portsOriginal: 24,
  portsReply: 28,
  addresses: 48,
} as const;

/** Bits of a record's flags; the others are 0. */
export const recordFlags = {
  /** The TCP fields mean something. */
  tcp: 0x01,
  /** The connection is gone: only its key counts. */
  gone: 0x02,
  /** Sent by a repair, not because something happened to the connection. */
  repair: 0x04,
} as const;

/** By the family in its first byte; the bytes must be a record. */
export const recordLength = (view: DataView, offset: number): number =>
  view.getUint8(offset) === 4 ? recordLength4 : recordLength6;

/** Bytes of each address of a record. */
export const recordAddressLength = (view: DataView, offset: number): 4 | 16 => (view.getUint8(offset) === 4 ? 4 : 16);
