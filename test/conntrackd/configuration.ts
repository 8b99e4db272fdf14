import type { LbName } from "../topology/plan.js";

const syncAddresses: Readonly<Record<LbName, string>> = { lb1: "192.0.2.1", lb2: "192.0.2.2" };

/** Where a node's daemon keeps its files. */
export interface ConntrackdFiles {
  readonly lock: string;
  readonly socket: string;
}

/**
 * The FT-FW example of the package, with unicast UDP over the sync net, and what this measurement wants of it: it writes
 * into the standby's kernel as it receives (no external cache), a daemon that starts asks for all there is, connections of
 * the sync net stay out, and the cache and the resend queue hold as many as are made (with its default of 131072 it loses
 * a quarter of 200000 without a word).
 */
export function conntrackdConfiguration(node: LbName, { lock, socket }: ConntrackdFiles): string {
  const [own, peer] = node === "lb1" ? [syncAddresses.lb1, syncAddresses.lb2] : [syncAddresses.lb2, syncAddresses.lb1];
  return `
Sync {
  Mode FTFW {
    ResendQueueSize 524288
    DisableExternalCache yes
    StartupResync yes
  }
  UDP {
    IPv4_address ${own}
    IPv4_Destination_Address ${peer}
    Port 3780
    Interface eth2
    SndSocketBuffer 1249280
    RcvSocketBuffer 1249280
    Checksum on
  }
}
General {
  HashSize 131072
  HashLimit 524288
  Syslog no
  LockFile ${lock}
  UNIX { Path ${socket} }
  NetlinkBufferSize 2097152
  NetlinkBufferSizeMaxGrowth 8388608
  Filter From Kernelspace {
    Protocol Accept { TCP }
    Address Ignore {
      IPv4_address 127.0.0.1
      IPv4_address ${own}
      IPv4_address ${peer}
    }
    State Accept { ESTABLISHED for TCP }
  }
}
`;
}
