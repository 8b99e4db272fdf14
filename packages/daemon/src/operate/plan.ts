import type { FailoverPlan, StatusReport } from "@vipair/model";

/** What `vipair failover` would do now, and whether it would be refused. */
export function planFailover({ node, role, peer, sync }: StatusReport, obstacles: readonly string[]): FailoverPlan {
  if (role === "active") {
    return {
      possible: obstacles.length === 0,
      reasons: obstacles,
      sentences: steps(node, peer.node, sync.connections),
    };
  }
  if (peer.role === "active") {
    const sentences = [`${peer.node} is active: it is asked to hand over.`, ...steps(peer.node, node, undefined)];
    return { possible: true, reasons: [], sentences };
  }
  return { possible: false, reasons: ["neither node is active"], sentences: [] };
}

function steps(from: string, to: string, connections: number | undefined): string[] {
  const what = connections === undefined ? "its connections" : `its ${connections} connections`;
  return [
    `${from} carries ${what} over to the kernel of ${to}.`,
    `${from} stops answering for the addresses and removes them; stray frames are still translated there for 1 s.`,
    `${to} takes the lease, adds the addresses and announces them.`,
  ];
}
