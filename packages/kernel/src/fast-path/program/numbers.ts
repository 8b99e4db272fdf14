/** What the program knows by number: helpers of the kernel, fields of its structs, and where things stand in a packet. */

// `enum bpf_func_id`.
export const mapLookup = 1;
export const mapUpdate = 2;
export const mapDelete = 3;
export const getRandom = 7;
export const storeBytes = 9;
export const replaceTransportSum = 11;
export const fibLookup = 69;
export const mapPush = 87;
export const bootTime = 125;
export const redirectNeighbour = 152;

// `struct __sk_buff`.
export const length = 0;
export const packetType = 4;
export const vlanPresent = 20;
export const ingressInterface = 36;
export const data = 76;
export const dataEnd = 80;
export const segmentSize = 176;

// `struct bpf_fib_lookup`.
export const fib = {
  family: 0,
  protocol: 1,
  ports: 2,
  mtu: 6,
  interface: 8,
  service: 12,
  source: 16,
  destination: 32,
  size: 64,
};
// `struct bpf_redir_neigh`.
export const neighbour = { family: 0, address: 4, size: 20 };

/** On to whatever else looks at packets there, and to the network stack. */
export const TC_ACT_UNSPEC = -1;
export const TC_ACT_SHOT = 2;
export const BPF_F_PSEUDO_HDR = 0x10;
export const BPF_F_MARK_MANGLED_0 = 0x20;

/** Offsets in an Ethernet frame. */
export const ethernet = 14;
export const v4 = {
  start: ethernet,
  fragment: 20,
  hops: 22,
  protocol: 23,
  sum: 24,
  source: 26,
  destination: 30,
  transport: 34,
};
export const v6 = { start: ethernet, protocol: 20, hops: 21, source: 22, destination: 38, transport: 54 };

/** Bits of a TCP header's flags. */
export const tcp = { fin: 0x01, syn: 0x02, rst: 0x04, ack: 0x10 };

/** How a connection stands with the program. */
export const standing = {
  /** Conntrack knows it. */
  carried: 0,
  /** Young, and its handshake has not been seen to the end. */
  opening: 1,
  /** This is its first packet. */
  fresh: 2,
  /** Young: nobody else knows it. */
  open: 3,
};

/** Offsets on the stack, from its end. */
export const stack = {
  key: -40,
  leaseEnd: -48,
  one: -52,
  zero: -56,
  /** Length of the transport's header. */
  header: -64,
  fib: -128,
  reverse: -168,
  neighbour: -192,
  /** What is written into the packet. */
  changed: -232,
  sumFlags: -240,
  /** Of TCP: sequence and acknowledgement numbers, and the flags. */
  sequence: -248,
  acknowledgement: -244,
  flags: -249,
  /** {@link standing} */
  standing: -250,
  now: -264,
  /** An address and a port. */
  end: -288,
  slot: -296,
  number: -300,
  /** The translation of a connection that begins, or of what comes from a server. */
  translation: -432,
  /** Where the way is remembered. */
  memory: -440,
};
