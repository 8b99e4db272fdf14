import type { Instant } from "@vipair/model";
import { BpfMap, type MapDeclaration } from "../bpf/map.js";
import { timeNamespaceOffset } from "../clock/boot-clock.js";

/**
 * When the lease ends, where the fast path looks at each packet: it needs nobody to tell it that the time is over. Written by
 * the process that holds the lease, which inherits the map.
 */
export interface LeaseEnd {
  /** The fast path is open until then; 0 closes it at once. @throws KernelError */
  set(end: Instant | 0): void;
}

export const leaseEnd: MapDeclaration = {
  name: "vipair_lease",
  kind: "array",
  keyLength: 4,
  valueLength: 8,
  entries: 1,
};
const only = Buffer.alloc(leaseEnd.keyLength);

/** @param fd see `FastPath.leaseFd` */
export function openLeaseEnd(fd: number): LeaseEnd {
  const map = BpfMap.inherited(fd, leaseEnd.name, leaseEnd.valueLength);
  const value = Buffer.alloc(leaseEnd.valueLength);
  const ahead = timeNamespaceOffset();
  return {
    set: (end) => {
      value.writeBigUInt64LE(BigInt(end === 0 ? 0 : Math.floor((end - ahead) * 1e6)));
      map.set(only, value);
    },
  };
}
