import { errno, KernelError, lastErrno } from "../libc/errno.js";
import { libc } from "../libc/libc.js";
import { bpf, checkedBpf } from "./call.js";

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

/** A map that programs in the kernel and this process share. */
export class BpfMap {
  /** @throws KernelError */
  static create({ name, kind, keyLength, valueLength, entries }: MapDeclaration): BpfMap {
    const fd = checkedBpf("createMap", `create BPF map ${name}`, (attributes) =>
      attributes.u32(0, kinds[kind]).u32(4, keyLength).u32(8, valueLength).u32(12, entries).name(28, name),
    );
    return new BpfMap(fd, name, valueLength);
  }

  /** A map that another process made, by the file descriptor that it gave. */
  static inherited(fd: number, name: string, valueLength: number): BpfMap {
    return new BpfMap(fd, name, valueLength);
  }

  private constructor(
    readonly fd: number,
    private readonly name: string,
    private readonly valueLength: number,
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
