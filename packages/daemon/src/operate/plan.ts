import type { FailoverPlan, StatusReport } from "@vipair/model";

/** What `vipair failover` would do now, and whether it would be refused. */
export function planFailover({ node, role, peer, sync }: StatusReport, obstacles: readonly string[]): FailoverPlan {
  if (role === "active") {
    return {
      possible: obstacles.length === 0,
      reasons: obstacles,
      sentences: steps(node, peer.node, sync),
    };
  }
  if (peer.role === "active") {
    if (!sync.connected) {
      const reason = `${peer.node} is active, and without a peer link it can not be asked to hand over`;
      return { possible: false, reasons: [reason], sentences: [] };
    }
    const sentences = [`${peer.node} is active: it is asked to hand over.`, ...steps(peer.node, node, undefined)];
    return { possible: true, reasons: [], sentences };
  }
  return { possible: false, reasons: ["neither node is active"], sentences: [] };
}

function steps(from: string, to: string, own: StatusReport["sync"] | undefined): string[] {
  const what = own === undefined ? "its connections" : `its ${own.connections} connections`;
  return [
    own?.connected === false
      ? `${from} carries none of ${what} over: there is no peer link to ${to}.`
      : `${from} carries ${what} over to the kernel of ${to}.`,
    `${from} stops answering for the addresses and removes them; stray frames are still translated there for 1 s.`,
    `${to} takes the lease, adds the addresses and announces them.`,
  ];
}
