import { errno, KernelError, lastErrno } from "../libc/errno.js";
import { libc } from "../libc/libc.js";
import { type Attributes, bpf, checkedBpf } from "./call.js";

/** `enum bpf_map_type`. */
const kinds = { hash: 1, array: 2, recent: 9, queue: 22 } as const;

export interface MapDeclaration {
  readonly name: string;
  /** `recent`: a hash that forgets what was not used for longest when it is full. */
  readonly kind: keyof typeof kinds;
  /** In bytes; 0 for a queue. */
  readonly keyLength: number;
  readonly valueLength: number;
  readonly entries: number;
}

export interface MapEntry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** More than any bucket of a hash has. */
const pieceEntries = 1_024;

/** A map that programs in the kernel and this process share. */
export class BpfMap {
  /** @throws KernelError */
  static create({ name, kind, keyLength, valueLength, entries }: MapDeclaration): BpfMap {
    const fd = checkedBpf("createMap", `create BPF map ${name}`, (attributes) =>
      attributes.u32(0, kinds[kind]).u32(4, keyLength).u32(8, valueLength).u32(12, entries).name(28, name),
    );
    return new BpfMap(fd, name, valueLength, keyLength);
  }

  /** A map that another process made, by the file descriptor that it gave. */
  static inherited(fd: number, name: string, valueLength: number): BpfMap {
    return new BpfMap(fd, name, valueLength);
  }

  /** Where pieces are read to; made when there is one. */
  #piece: { readonly keys: Buffer; readonly values: Buffer } | undefined;

  private constructor(
    readonly fd: number,
    private readonly name: string,
    private readonly valueLength: number,
    private readonly keyLength = 0,
  ) {}

  /** @throws KernelError when the kernel refuses, E2BIG when the map is full */
  set(key: Uint8Array, value: Uint8Array): void {
    checkedBpf("update", `update BPF map ${this.name}`, (attributes) =>
      attributes.u32(0, this.fd).pointer(8, key).pointer(16, value),
    );
  }

  get(key: Uint8Array): Buffer | undefined {
    return this.#read("lookup", key);
  }

  /** @returns whether it was there */
  delete(key: Uint8Array): boolean {
    return bpf("remove", (attributes) => attributes.u32(0, this.fd).pointer(8, key)) === 0;
  }

  /**
   * Everything in a hash or an array, in pieces. What comes or goes meanwhile may be overlooked.
   * @throws KernelError
   */
  *pieces(command: "lookupBatch" | "takeBatch" = "lookupBatch"): Generator<readonly MapEntry[], void, void> {
    this.#piece ??= {
      keys: Buffer.alloc(pieceEntries * this.keyLength),
      values: Buffer.alloc(pieceEntries * this.valueLength),
    };
    const { keys, values } = this.#piece;
    const place = Buffer.alloc(4);
    for (let first = true, more = true; more; first = false) {
      let answered: Attributes | undefined;
      const result = bpf(command, (attributes) => {
        attributes.pointer(8, place).pointer(16, keys).pointer(24, values).u32(32, pieceEntries).u32(36, this.fd);
        if (!first) attributes.pointer(0, place);
        answered = attributes;
      });
      more = result === 0;
      if (!more && lastErrno() !== errno.ENOENT) throw new KernelError(`read BPF map ${this.name}`, lastErrno());
      const count = answered?.bytes.readUInt32LE(32) ?? 0;
      const part = (of: Buffer, length: number, at: number) => Buffer.from(of.subarray(at * length, (at + 1) * length));
      yield Array.from({ length: count }, (_, at) => ({
        key: part(keys, this.keyLength, at),
        value: part(values, this.valueLength, at),
      }));
    }
  }

  /** Takes everything out of a hash. @throws KernelError */
  clear(): void {
    for (const _ of this.pieces("takeBatch"));
  }

  /** Takes the oldest value out of a queue. */
  take(): Buffer | undefined {
    return this.#read("take", undefined);
  }

  close(): void {
    libc.close(this.fd);
  }

  #read(command: "lookup" | "take", key: Uint8Array | undefined): Buffer | undefined {
    const value = Buffer.alloc(this.valueLength);
    const result = bpf(command, (attributes) => {
      attributes.u32(0, this.fd).pointer(16, value);
      if (key !== undefined) attributes.pointer(8, key);
    });
    if (result === 0) return value;
    const code = lastErrno();
    if (code === errno.ENOENT) return undefined;
    throw new KernelError(`read BPF map ${this.name}`, code);
  }
}
