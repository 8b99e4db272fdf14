import { errno, KernelError, lastErrno } from "../libc/errno.js";
import { libc } from "../libc/libc.js";
import { NETLINK_ROUTE, NetlinkSocket } from "../netlink/socket.js";
import { bpf } from "./call.js";
import { attachFilter, detachFilter } from "./ingress-filter.js";

/** `enum bpf_attach_type`. */
const BPF_TCX_INGRESS = 46;

/** How a program is attached: `filter` is what kernels before 6.6 have. */
export type IngressKind = "link" | "filter";

/** A program that sees every packet that comes in on an interface, before the rest of the network stack. */
export interface Ingress {
  close(): void;
}

/**
 * Attaches the program by a link, which ends with this process, however it ends; or, where the kernel has no such thing, by a
 * filter of tc, which stays.
 * @throws KernelError
 */
export function attachIngress(interfaceIndex: number, program: number, name: string, kind?: IngressKind): Ingress {
  removeIngress(interfaceIndex);
  const link = kind === "filter" ? undefined : attachLink(interfaceIndex, program);
  if (link !== undefined) return { close: () => void libc.close(link) };
  withRoutes((routes) => attachFilter(routes, interfaceIndex, program, name));
  return { close: () => removeIngress(interfaceIndex) };
}

/** Takes away the filter of a process that was killed. */
export const removeIngress = (interfaceIndex: number): void =>
  withRoutes((routes) => detachFilter(routes, interfaceIndex));

/** @returns a file descriptor; `undefined` where there are no links */
function attachLink(interfaceIndex: number, program: number): number | undefined {
  const link = bpf("createLink", (attributes) => {
    attributes.u32(0, program).u32(4, interfaceIndex).u32(8, BPF_TCX_INGRESS);
  });
  if (link >= 0) return link;
  const code = lastErrno();
  if (code === errno.EINVAL || code === errno.EOPNOTSUPP) return undefined;
  throw new KernelError(`attach BPF program to interface ${interfaceIndex}`, code);
}

function withRoutes<Result>(act: (routes: NetlinkSocket) => Result): Result {
  const routes = new NetlinkSocket(NETLINK_ROUTE);
  try {
    return act(routes);
  } finally {
    routes.close();
  }
}

/** How many programs links have attached there, whoever made them. @throws KernelError */
export function countLinks(interfaceIndex: number): number {
  let answer: Buffer | undefined;
  const result = bpf("queryPrograms", (attributes) => {
    answer = attributes.u32(0, interfaceIndex).u32(4, BPF_TCX_INGRESS).bytes;
  });
  if (result < 0) throw new KernelError(`ask for the BPF programs of interface ${interfaceIndex}`, lastErrno());
  return answer?.readUInt32LE(24) ?? 0;
}
