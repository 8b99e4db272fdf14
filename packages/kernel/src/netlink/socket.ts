/**
 * A netlink socket for requests. The kernel works a request off inside `send`, so that its answers are there when `send`
 * returns: nothing here ever waits. Answers are refusals with the kernel's own words where it has any (extended ack).
 */
import { check, errno, errnoName, KernelError, lastErrno } from "../libc/errno.js";
import { AF_NETLINK, libc, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_RAW } from "../libc/libc.js";
import { attachFilter } from "../socket/filter.js";
import { decodeAttributes, decodeMessages, decodeString, messageStarts, type NetlinkMessage } from "./reader.js";
import { NetlinkWriter } from "./writer.js";

export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;

export const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
export const NLM_F_REPLACE = 0x100;
const NLM_F_DUMP = 0x300;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;

const NLM_F_DUMP_INTR = 0x10;
const NLM_F_ACK_TLVS = 0x200;
const NLMSG_NOOP = 1;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLMSGERR_ATTR_MSG = 1;

const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const SO_RCVTIMEO = 20;
const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
const NETLINK_DROP_MEMBERSHIP = 2;
const NETLINK_BROADCAST_ERROR = 4;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;

/** The kernel's answer to one message: `code` 0 is an acknowledgement, anything else an errno. */
export interface Answer {
  readonly sequence: number;
  readonly code: number;
  /** The kernel's explanation, mostly empty. */
  readonly detail: string;
}

export interface NetlinkOptions {
  /** Multicast groups to join. */
  readonly groups?: readonly number[];
  /** Size of the receive buffer in bytes, beyond `rmem_max`. */
  readonly receiveBuffer?: number;
  /** How long a blocking read waits; milliseconds. */
  readonly readTimeoutMs?: number;
  /** Tells whoever causes an event when there is no room for it: conntrack then tries the end of a connection again. */
  readonly broadcastErrors?: boolean;
  /** Classic BPF instructions that see every message from its netlink header on, and return 0 for those to leave out. */
  readonly filter?: Uint8Array;
}

export class NetlinkSocket {
  #fd: number;
  #sequence = 1;
  readonly #datagram = Buffer.alloc(65_536);
  readonly #writer = new NetlinkWriter();

  /** @throws KernelError when the kernel refuses the socket or a group */
  constructor(protocol: number, options: NetlinkOptions = {}) {
    this.#fd = check(libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), "open netlink socket");
    try {
      this.#set(SOL_NETLINK, NETLINK_CAP_ACK, 1);
      this.#set(SOL_NETLINK, NETLINK_EXT_ACK, 1);
      if (options.receiveBuffer !== undefined) this.#set(SOL_SOCKET, SO_RCVBUFFORCE, options.receiveBuffer);
      if (options.readTimeoutMs !== undefined) this.#setReadTimeout(options.readTimeoutMs);
      if (options.broadcastErrors === true) this.#set(SOL_NETLINK, NETLINK_BROADCAST_ERROR, 1);
      if (options.filter !== undefined) this.filter(options.filter);
      const address = Buffer.alloc(12);
      address.writeUInt16LE(AF_NETLINK, 0);
      check(libc.bind(this.#fd, address, address.length), "bind netlink socket");
      for (const group of options.groups ?? []) this.join(group);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get fd(): number {
    return this.#fd;
  }

  /** The port id by which the kernel names this socket in the events it causes. */
  get port(): number {
    return netlinkPort(this.#fd);
  }

  /** From now on, what happens in this multicast group comes in. @throws KernelError */
  join(group: number): void {
    this.#set(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
  }

  /** Puts this filter in place of the one before. @throws KernelError */
  filter(filter: Uint8Array): void {
    attachFilter(this.#fd, filter);
  }

  leave(group: number): void {
    this.#set(SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, group);
  }

  /** The number of the next message; each of the `count` next messages takes one. */
  nextSequence(count = 1): number {
    const next = this.#sequence;
    this.#sequence += count;
    return next;
  }

  /** An empty writer, the same one every time. */
  writer(): NetlinkWriter {
    return this.#writer.reset();
  }

  /** Sends what was written and collects the answers that the kernel gave meanwhile; `take` gets messages of other kinds. */
  exchange(bytes: Uint8Array, take: (message: NetlinkMessage) => void = () => undefined): Answer[] {
    this.discardUnread();
    check(libc.send(this.#fd, bytes, bytes.length, 0), "send to netlink");
    const answers: Answer[] = [];
    for (let datagram = this.#receive(); datagram !== undefined; datagram = this.#receive()) {
      for (const message of decodeMessages(datagram)) {
        if (message.type === NLMSG_ERROR) answers.push(decodeAnswer(message));
        else take(message);
      }
    }
    return answers;
  }

  /**
   * Sends one message, which is to be acknowledged.
   * @returns the kernel's answer to it; `undefined` when it gave none
   */
  request(
    type: number,
    flags: number,
    body: (writer: NetlinkWriter) => void,
    take?: (message: NetlinkMessage) => void,
  ): Answer | undefined {
    const sequence = this.nextSequence();
    const writer = this.writer();
    writer.message(type, flags | NLM_F_REQUEST | NLM_F_ACK, sequence, () => body(writer));
    return this.exchange(writer.written, take).find((answer) => answer.sequence === sequence);
  }

  /**
   * Asks for a dump and hands every message of it to `take`.
   * @returns whether the dump is consistent: `false` when what was dumped changed meanwhile
   * @throws KernelError when the kernel refuses
   */
  dump(type: number, body: (writer: NetlinkWriter) => void, take: (message: NetlinkMessage) => void): boolean {
    let consistent = true;
    for (const datagram of this.dumpDatagrams(type, body)) {
      for (const message of decodeMessages(datagram)) {
        if ((message.flags & NLM_F_DUMP_INTR) !== 0) consistent = false;
        if (message.type !== NLMSG_DONE && message.type !== NLMSG_ERROR) take(message);
      }
    }
    return consistent;
  }

  /**
   * The datagrams of a dump, each a view that lives until the next: the kernel fills one at a time, as it is asked for it.
   * Nothing else can be done with the socket meanwhile.
   * @throws KernelError when the kernel refuses
   */
  *dumpDatagrams(type: number, body: (writer: NetlinkWriter) => void): Generator<Buffer, void, void> {
    this.discardUnread();
    const sequence = this.nextSequence();
    const writer = this.writer();
    const request = writer.message(type, NLM_F_REQUEST | NLM_F_DUMP, sequence, () => body(writer)).written;
    check(libc.send(this.#fd, request, request.length, 0), "send to netlink");
    for (;;) {
      const datagram = this.#receive();
      if (datagram === undefined) throw new KernelError("dump", errno.EAGAIN);
      if (datagram.length < 16 || datagram.readUInt32LE(8) !== sequence) continue;
      const ends = endsDump(datagram);
      yield datagram;
      if (ends) return;
    }
  }

  /** Throws away what is there to read: answers of an exchange that broke off, or events after an overrun. */
  discardUnread(): void {
    const again = [errno.ENOBUFS, errno.EINTR] as readonly number[];
    let length: number;
    do length = libc.recv(this.#fd, this.#datagram, this.#datagram.length, MSG_DONTWAIT);
    while (length >= 0 || again.includes(lastErrno()));
  }

  /** Makes the kernel answer something, so that a blocking read on this socket returns. */
  wake(): void {
    const bytes = new NetlinkWriter().message(NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK, 0, () => {}).written;
    libc.send(this.#fd, bytes, bytes.length, MSG_DONTWAIT);
  }

  /**
   * Moves the socket to a file descriptor not below `lowest`. A dying process closes its files in ascending order, but
   * releases what they stood for last in, first out: what is highest goes first.
   */
  moveTo(lowest: number): void {
    const F_DUPFD_CLOEXEC = 1030;
    const moved = check(libc.fcntl(this.#fd, F_DUPFD_CLOEXEC, lowest), "move netlink socket");
    libc.close(this.#fd);
    this.#fd = moved;
  }

  close(): void {
    if (this.#fd < 0) return;
    libc.close(this.#fd);
    this.#fd = -1;
  }

  #receive(): Buffer | undefined {
    for (;;) {
      const length = libc.recv(this.#fd, this.#datagram, this.#datagram.length, MSG_DONTWAIT);
      if (length >= 0) return this.#datagram.subarray(0, length);
      const code = lastErrno();
      if (code === errno.EAGAIN) return undefined;
      if (code !== errno.EINTR) throw new KernelError("receive from netlink", code);
    }
  }

  #set(level: number, option: number, value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(value);
    check(libc.setsockopt(this.#fd, level, option, bytes, bytes.length), `set netlink option ${level}/${option}`);
  }

  #setReadTimeout(timeoutMs: number): void {
    const time = Buffer.alloc(16);
    time.writeBigInt64LE(BigInt(Math.floor(timeoutMs / 1000)), 0);
    time.writeBigInt64LE(BigInt(timeoutMs % 1000) * 1000n, 8);
    check(libc.setsockopt(this.#fd, SOL_SOCKET, SO_RCVTIMEO, time, time.length), "set netlink read timeout");
  }
}

/** `198.51.100.10/24: EPERM (the kernel's words)`. */
export const describeAnswer = (subject: string, { code, detail }: Answer): string =>
  `${subject}: ${errnoName(code)}${detail === "" ? "" : ` (${detail})`}`;

/** The port id of any netlink socket of this process. */
export function netlinkPort(fd: number): number {
  const address = Buffer.alloc(12);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(address.length);
  check(libc.getsockname(fd, address, length), "name netlink socket");
  return address.readUInt32LE(4);
}

function decodeAnswer({ sequence, flags, body }: NetlinkMessage): Answer {
  const text = (flags & NLM_F_ACK_TLVS) !== 0 ? decodeAttributes(body, 20).get(NLMSGERR_ATTR_MSG) : undefined;
  return { sequence, code: -body.readInt32LE(0), detail: decodeString(text) };
}

/** Whether the last message of the dump is in there. */
function endsDump(datagram: Buffer): boolean {
  for (const start of messageStarts(datagram)) {
    const type = datagram.readUInt16LE(start + 4);
    if (type !== NLMSG_DONE && type !== NLMSG_ERROR) continue;
    const code = start + 20 <= datagram.length ? -datagram.readInt32LE(start + 16) : 0;
    if (code !== 0) throw new KernelError("dump", code);
    return true;
  }
  return false;
}
