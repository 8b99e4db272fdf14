/** The libnftables library: nft's own language and errors, without a process for each command. */
import { readdirSync } from "node:fs";
import koffi from "koffi";
import { AF_NETLINK, libc } from "../libc/libc.js";
import { NETLINK_NETFILTER, netlinkPort } from "../netlink/socket.js";
import { ownPorts } from "./own-ports.js";

const NFT_CTX_DEFAULT = 0;

/** An `nft_ctx` pointer. */
type Context = bigint;

interface Functions {
  readonly open: (flags: number) => Context;
  readonly free: (context: Context) => void;
  readonly run: (context: Context, commands: string) => number;
  readonly bufferOutput: (context: Context) => number;
  readonly bufferError: (context: Context) => number;
  readonly error: (context: Context) => string | null;
}

let functions: Functions | undefined;

function loadFunctions(): Functions {
  const library = koffi.load("libnftables.so.1");
  return {
    open: library.func("void *nft_ctx_new(uint32_t)"),
    free: library.func("void nft_ctx_free(void *)"),
    run: library.func("int nft_run_cmd_from_buffer(void *, const char *)"),
    bufferOutput: library.func("int nft_ctx_buffer_output(void *)"),
    bufferError: library.func("int nft_ctx_buffer_error(void *)"),
    error: library.func("const char *nft_ctx_get_error_buffer(void *)"),
  };
}

export interface Answer {
  readonly ok: boolean;
  /** What nft would print on standard error. */
  readonly error: string;
}

export class Libnftables {
  readonly #functions: Functions;
  readonly #context: Context;
  /** The context's netlink socket. */
  readonly #fd: number | undefined;
  #port: number | undefined;

  /** @throws when the library is not installed or gives no context */
  constructor() {
    functions ??= loadFunctions();
    this.#functions = functions;
    const before = new Set(netfilterSockets());
    this.#context = this.#functions.open(NFT_CTX_DEFAULT);
    if (!this.#context) throw new Error("libnftables gives no context");
    this.#functions.bufferOutput(this.#context);
    this.#functions.bufferError(this.#context);
    this.#fd = netfilterSockets().find((fd) => !before.has(fd));
    this.#claimPort();
  }

  run(commands: string): Answer {
    const code = this.#functions.run(this.#context, commands);
    // Where the ruleset changed under its reading, the library has opened another socket.
    this.#claimPort();
    return { ok: code === 0, error: (this.#functions.error(this.#context) ?? "").trim() };
  }

  close(): void {
    if (this.#port !== undefined) ownPorts.delete(this.#port);
    this.#functions.free(this.#context);
  }

  /** What this context changes is no news to {@link watchTables}. */
  #claimPort(): void {
    if (this.#fd === undefined || !isNetfilterSocket(this.#fd)) return;
    const port = netlinkPort(this.#fd);
    if (this.#port !== undefined && this.#port !== port) ownPorts.delete(this.#port);
    this.#port = port;
    ownPorts.add(port);
  }
}

function netfilterSockets(): number[] {
  return readdirSync("/proc/self/fd").map(Number).filter(isNetfilterSocket);
}

function isNetfilterSocket(fd: number): boolean {
  const SO_PROTOCOL = 38;
  const SO_DOMAIN = 39;
  return socketOption(fd, SO_DOMAIN) === AF_NETLINK && socketOption(fd, SO_PROTOCOL) === NETLINK_NETFILTER;
}

function socketOption(fd: number, option: number): number | undefined {
  const SOL_SOCKET = 1;
  const value = Buffer.alloc(4);
  const length = Buffer.from([4, 0, 0, 0]);
  return libc.getsockopt(fd, SOL_SOCKET, option, value, length) === 0 ? value.readInt32LE() : undefined;
}
