/**
 * Owning the virtual addresses in a Linux kernel. Three things together:
 *
 *   fence      stays in the kernel; without a lease nothing is answered for and no traffic to the addresses passes
 *   lease      lets it pass while it is renewed; ends by itself when its holder stops, hangs or dies
 *   addresses  configured on the interfaces with a finite life, the second stage; those of virtual routers with a link-layer
 *              address on devices of their own
 */
import {
  after,
  formatPrefix,
  type Millis,
  type Outcome,
  type Ownership,
  type VirtualAddress,
  type VirtualDevice,
} from "@vipair/model";
import { addAddresses, listAddresses, removeAddresses, removeConfigured } from "./address/addresses.js";
import { announceAddresses } from "./announce/announce.js";
import { bootClock } from "./clock/boot-clock.js";
import type { LeaseEnd } from "./fast-path/lease-end.js";
import { lowerFence, raiseFence } from "./lease/fence.js";
import type { Guards } from "./lease/guarded.js";
import { Lease } from "./lease/lease.js";
import { findInterface } from "./link/link.js";
import { lowerDevices, makeDevices, raiseDevices, removeDevices } from "./macvlan/macvlan.js";
import { NETLINK_NETFILTER, NETLINK_ROUTE, NetlinkSocket } from "./netlink/socket.js";
import { ownPorts } from "./nftables/own-ports.js";
import { attempt, refused } from "./outcome.js";

export interface OwnershipOptions {
  /** Where the kernel has them: on an interface that is there, or on one of the devices. */
  readonly addresses: readonly VirtualAddress[];
  /** Made, raised with the addresses and taken down with them. */
  readonly devices?: readonly VirtualDevice[];
  /** Where the fast path looks when the lease ends; without one there is no fast path. */
  readonly leaseEnd?: LeaseEnd;
}

/** Nothing reaches the kernel before {@link KernelOwnership.open}. */
export function openOwnership({ addresses, devices = [], leaseEnd }: OwnershipOptions): KernelOwnership {
  return new KernelOwnership(addresses, devices, leaseEnd);
}

interface Opened {
  readonly routes: NetlinkSocket;
  readonly tables: NetlinkSocket;
  readonly lease: Lease;
}

/** Every method that returns an outcome reports refusals in it; before `open` succeeded, everything is refused. */
export class KernelOwnership implements Ownership {
  readonly #addresses: readonly VirtualAddress[];
  readonly #devices: readonly VirtualDevice[];
  readonly #leaseEnd: LeaseEnd | undefined;
  #opened: Opened | undefined;

  constructor(addresses: readonly VirtualAddress[], devices: readonly VirtualDevice[], leaseEnd: LeaseEnd | undefined) {
    this.#addresses = addresses;
    this.#devices = devices;
    this.#leaseEnd = leaseEnd;
  }

  open(): Outcome {
    if (this.#opened !== undefined) return refused("open: is open already");
    return attempt(() => {
      // The lease first: it is refused while another process holds one, and then nothing else may be touched.
      const lease = Lease.open(this.#guards);
      if (!(lease instanceof Lease)) return lease;
      const outcome = attempt(() => this.#openBehind(lease));
      if (!outcome.ok) lease.close();
      return outcome;
    });
  }

  renewLease(ttl: Millis): Outcome {
    const from = bootClock();
    return this.#whenOpen(({ lease }) => {
      const outcome = lease.renew(ttl);
      // Not before the rules let pass: the fast path is never open longer than they are.
      if (outcome.ok) this.#leaseEnd?.set(after(from, ttl));
      return outcome;
    });
  }

  dropLease(linger: Millis): Outcome {
    return this.#whenOpen(({ lease }) => {
      // What lingers goes the ordinary way, where it is counted.
      this.#leaseEnd?.set(0);
      return lease.drop(linger);
    });
  }

  addAddresses(validFor: Millis): Outcome {
    return this.#whenOpen(({ routes }) => {
      const raised = raiseDevices(routes, this.#devices);
      return raised.ok ? addAddresses(routes, this.#addresses, validFor) : raised;
    });
  }

  removeAddresses(): Outcome {
    return this.#whenOpen(({ routes }) => {
      const removed = removeAddresses(routes, this.#addresses);
      const lowered = lowerDevices(routes, this.#devices);
      return removed.ok ? lowered : removed;
    });
  }

  announceAddresses(): Outcome {
    return this.#whenOpen(() => announceAddresses(this.#addresses));
  }

  /** Puts the fence back after somebody else removed it. */
  restoreFence(): Outcome {
    return this.#whenOpen(({ tables }) => raiseFence(tables, this.#guards));
  }

  heldAddresses(): readonly string[] {
    if (this.#opened === undefined) return [];
    const configured = new Set(
      listAddresses(this.#opened.routes).map(
        ({ prefix, interfaceIndex }) => `${formatPrefix(prefix)} ${interfaceIndex}`,
      ),
    );
    return this.#addresses
      .filter(({ prefix, interface: name }) => configured.has(`${formatPrefix(prefix)} ${findInterface(name)}`))
      .map(({ prefix }) => formatPrefix(prefix));
  }

  close(): void {
    const opened = this.#opened;
    if (opened === undefined) return;
    this.#opened = undefined;
    // Silent first, then gone; the fence falls last.
    this.#leaseEnd?.set(0);
    opened.lease.close();
    attempt(() => removeAddresses(opened.routes, this.#addresses));
    attempt(() => removeDevices(opened.routes));
    attempt(() => lowerFence(opened.tables));
    closeAll(opened);
  }

  get #guards(): Guards {
    return { addresses: this.#addresses, devices: this.#devices };
  }

  #whenOpen(operation: (opened: Opened) => Outcome): Outcome {
    const opened = this.#opened;
    return opened === undefined ? refused("ownership is not open") : attempt(() => operation(opened));
  }

  #openBehind(lease: Lease): Outcome {
    const tables = new NetlinkSocket(NETLINK_NETFILTER);
    ownPorts.add(tables.port);
    const opened: Opened = { lease, tables, routes: new NetlinkSocket(NETLINK_ROUTE) };
    const fence = raiseFence(tables, this.#guards);
    const cleared = fence.ok ? this.#removeLeftovers(opened.routes) : fence;
    const outcome = cleared.ok ? makeDevices(opened.routes, this.#devices) : cleared;
    if (outcome.ok) this.#opened = opened;
    else closeAll(opened);
    return outcome;
  }

  /** Addresses that carry our mark, or that are configured as ours: whoever added them, they are not ours yet. */
  #removeLeftovers(routes: NetlinkSocket): Outcome {
    const configured = new Set(this.#addresses.map(({ prefix }) => prefix.address.text));
    const leftovers = listAddresses(routes).filter(({ prefix, ours }) => ours || configured.has(prefix.address.text));
    return removeConfigured(routes, leftovers);
  }
}

function closeAll({ lease, tables, routes }: Opened): void {
  ownPorts.delete(tables.port);
  lease.close();
  tables.close();
  routes.close();
}
