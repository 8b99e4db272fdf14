import type { AgentReport, RoleChange } from "@vipair/agent";
import { deriveKey, readSecret } from "@vipair/agent";
import type { OwnershipEvent, Ruleset } from "@vipair/balancer";
import { bootClock, type Conntrack, openAddressSight, type TimedMaps, watchFlows } from "@vipair/kernel";
import {
  type Config,
  type DriftReport,
  type FailoverReport,
  formatReach,
  type GateReport,
  type NodeReport,
  type Piece,
  reasonSentence,
  type VerifyReport,
} from "@vipair/model";
import { Refused } from "../control/index.js";
import type { NodeClock } from "../event/clock.js";
import type { Journal } from "../event/journal.js";
import { openConnectionStore } from "../replicate/connections.js";
import { openReplicator, type Replicator } from "../replicate/replicator.js";
import { type AgentProcess, openAgentProcess } from "./agent.js";
import { type Freezes, openFreezes } from "./freezes.js";
import { type HandoverOptions, openHandover } from "./handover.js";
import { openPeerLink, type PeerLink } from "./link/link.js";
import type { PeerRequest } from "./link/message.js";
import { handoverGates, handoverObstacles, type ObstacleParts } from "./obstacles.js";
import { placesOf } from "./presence/place.js";
import { openPresence, type Presence } from "./presence/presence.js";
import { openTenures } from "./tenures.js";
import { openVerifier } from "./verify/verifier.js";

/**
 * The half of the daemon that makes two nodes a pair: its agent, the link to the other daemon, and what they do
 * together.
 */
export interface Pairing {
  readonly agent: AgentProcess;
  readonly link: PeerLink;
  /** Since when the link is up, or down: ISO 8601. */
  readonly linkSince: string;
  readonly replicator: Replicator;
  readonly freezes: Freezes;
  readonly presence: Pick<Presence, "report">;
  /** The peer's own report; `undefined` while the link is down. */
  readonly peerReport: NodeReport | undefined;
  /** Hands over from whichever node is active. Rejects with {@link Refused}. */
  failover(force: boolean): Promise<FailoverReport>;
  /**
   * Lets a hand-over that is under way end, and hands over when this node is active then. Answers whether it was active.
   * Rejects with {@link Refused}.
   */
  leave(): Promise<boolean>;
  /** Compares both nodes' kernels, from whichever node is active. Rejects with {@link Refused}. */
  verify(repair: boolean): Promise<VerifyReport>;
  /** What a hand-over asks for now. */
  gates(): GateReport[];
  /** Hands over if this node is active and the peer is ready; for a node that had better not serve. */
  yieldToPeer(): void;
  close(): Promise<void>;
}

export interface PairingOptions {
  readonly config: Config;
  readonly node: string;
  readonly nodeIndex: 0 | 1;
  readonly version: string;
  readonly configDigest: bigint;
  readonly conntrack: Conntrack;
  readonly maps: TimedMaps;
  /** The rules that this node wants in its kernel. */
  readonly ruleset: () => Ruleset | undefined;
  readonly journal: Journal;
  readonly clock: NodeClock;
  /** A piece of the agent's recording; `undefined`: nothing is recorded. */
  readonly recorded: ((piece: Piece, urgent: boolean) => void) | undefined;
  /** The process that the agent is; `undefined` while there is none. */
  readonly agentIs: (process: number | undefined) => void;
  /** The agent ended unasked, after it had begun its work. */
  readonly agentEnded: () => void;
  readonly reported: (report: AgentReport) => void;
  /** See `FastPath.leaseFd`. */
  readonly leaseEnd: number | undefined;
  readonly young: HandoverOptions["young"];
  readonly ownershipChanged: (event: OwnershipEvent) => void;
  /** Agent, link or peer changed. */
  readonly changed: () => void;
  readonly peerReported: (report: NodeReport | undefined) => void;
}

/** @throws Error when the secret is unusable */
export function openPairing(options: PairingOptions): Pairing {
  const { config, node, nodeIndex, version, configDigest, conntrack, maps, journal, young } = options;
  const { pair, addresses } = config;
  // First of all: it may throw, and nothing is open yet.
  const key = deriveKey(readSecret(pair.secretFile), pair.name, "peer link");
  const peer = pair.nodes[nodeIndex === 0 ? 1 : 0];
  const { transport } = pair.heartbeat;
  let peerReport: NodeReport | undefined;
  let peerIsOlder = false;
  let linkSince = new Date().toISOString();
  const freezes = openFreezes({ node, journal, clock: bootClock, changed: options.changed });

  const agent = openAgentProcess(
    { type: "configure", node, pair, addresses, configDigest, version, recording: options.recorded !== undefined },
    {
      spawned: options.agentIs,
      recorded: (piece, urgent) => options.recorded?.(piece, urgent),
      reported: (report) => {
        replicator.termSeen(report.term);
        options.reported(report);
        if (report.peer?.older === true && !peerIsOlder) {
          const what = "its heartbeats do not say what it reaches, which counts as equal";
          journal.record("peerChanged", `${peer.name} runs an older version: ${what}`, { older: true });
        }
        peerIsOlder = report.peer?.older === true;
        if (report.peer?.role === "active") handover.progress.taken(report.peer.heardAt);
        options.changed();
      },
      roleChanged: (change) => {
        replicator.roleChanged(change.to, change.term);
        recordRoleChange(journal, change);
        freezes.roleChanged(change);
        if (change.to === "active") {
          options.ownershipChanged({ type: "ownershipTaken" });
          presence.began(change.at);
          tenures.began(change.at);
        }
        if (change.from === "active") {
          const planned = change.reason === "handover" || change.reason === "shutdown";
          options.ownershipChanged({ type: "ownershipLost", planned });
          handover.progress.passed(change.at);
          presence.ended();
          tenures.ended();
        }
        options.changed();
      },
      handoverRequested: () => {
        journal.record("peerChanged", `${peer.name} is preferred and asks for a hand-over`);
        handOver(false).catch((error: Error) => refuse(explain(error)));
      },
      handoverRefused: (reason) => handover.progress.refused(reason),
      restored: (what) => journal.record("restored", `${what} was removed by somebody else and put back`, { what }),
      refused: refuse,
      unwitnessed: () => {
        const what = `is silent on every path, and no witness is reached: ${node} stays backup`;
        journal.record("peerChanged", `${peer.name} ${what}`, { witness: false });
      },
      pathChanged: (path, up, others) => {
        const where = others.length === 0 ? "" : `${up ? " as well as" : "; it is heard"} on ${others.join(", ")}`;
        const what = up ? `is heard on ${path} again` : `is not heard on ${path} any more`;
        journal.record("pathChanged", `${peer.name} ${what}${where}`, { path, up, others: others.join(", ") });
      },
      conflict: (yields) => {
        journal.record("conflict", `both nodes are active; ${yields ? node : peer.name} gives way`, { yields });
        void tenures.conflicted(yields);
      },
      announced: () => presence.announced(),
      frozen: freezes.noticed,
      died: (how, served) => {
        options.agentIs(undefined);
        const error = `the heartbeat agent ended (${how}) and is started again`;
        journal.record("refused", error, { error, agentDied: true });
        if (served) options.agentEnded();
        handover.progress.refused("the heartbeat agent ended");
        presence.ended();
        tenures.ended();
        replicator.roleChanged("initialize", 0);
        options.ownershipChanged({ type: "ownershipLost", planned: false });
        options.changed();
      },
    },
    options.leaseEnd,
  );
  const presence = openPresence({
    places: placesOf(config),
    openSight: openAddressSight,
    announce: agent.announce,
    journal,
    refused: refuse,
    clock: bootClock,
  });
  const tenures = openTenures({
    journal,
    clock: bootClock,
    // An answer that is given up may have been acted on: only the end of the link ends one.
    ask: (request) => link.request(request, tenureWithinMs),
    prevailed: () => presence.prevailed(bootClock()),
  });
  function refuse(error: string): void {
    journal.record("refused", error, { error });
  }

  const answer = async (request: PeerRequest): Promise<unknown> => {
    switch (request.method) {
      case "failover":
        // Only this node's own: two nodes that each take the other for active must not ask each other in circles.
        return handOver(request.force).catch((error: Error) => {
          throw new Error(explain(error));
        });
      case "events":
        return journal.after(request.after);
      case "clock":
        return options.clock();
      case "insertFlows":
        // What traffic has made of a connection here is newer than what the former active node has of it.
        return conntrack.insert(request.flows, { keepExisting: isActive() });
      case "verify":
        return verifier.run(request.repair);
      case "tenure":
        return tenures.answer();
      case "overlap":
        return tenures.measured(request.overlapMs);
      case "census":
      case "sample":
      case "fetch":
      case "reread":
        return verifier.answer(request);
    }
  };

  const drifted = (found: DriftReport): void => {
    const what = `${found.missing} missing, ${found.surplus} surplus, ${found.different} different`;
    journal.record("restored", `connections were not as on ${peer.name}: ${what}; repaired`, { ...found });
  };
  const replicator = openReplicator({
    conntrack,
    maps,
    ruleset: options.ruleset,
    watch: watchFlows,
    link: () => link,
    refused: refuse,
    drifted,
  });
  const refusals = openRefusals(journal);
  const link = openPeerLink({
    listens: nodeIndex === 0,
    node,
    local: pair.nodes[nodeIndex].address,
    peer: peer.address,
    port: pair.sync.port,
    key,
    hello: { node, version, configDigest: configDigest.toString(16), features: ["events"] },
    connected: (hello) => {
      linkSince = new Date().toISOString();
      const versions = hello.version === version ? `version ${version}` : `version ${hello.version}, here ${version}`;
      const message = `the peer link to ${hello.node} (${versions}) is up`;
      journal.record("peerChanged", message, { link: true, version: hello.version });
      replicator.linkOpened();
      options.changed();
    },
    disconnected: () => {
      peerReport = undefined;
      linkSince = new Date().toISOString();
      replicator.linkClosed();
      journal.record("peerChanged", `the peer link to ${peer.name} is down`, { link: false });
      options.peerReported(undefined);
      options.changed();
    },
    reported: (report) => {
      peerReport = report;
      agent.seeTerm(report.term);
      freezes.peerReported(report);
      options.peerReported(report);
    },
    frameReceived: (frame) => replicator.frameReceived(frame),
    answer,
    refused: (reason) => refusals.note(reason),
  });
  // With VRRP the other router waits for its skew time first, up to an interval.
  const takenWithinMs = Math.max(5_000, 2 * pair.heartbeat.interval);
  const handover = openHandover({
    from: node,
    to: peer.name,
    agent,
    conntrack,
    replicator,
    link,
    young,
    takenWithinMs,
  });

  const verifier = openVerifier({
    active: node,
    standby: peer.name,
    store: openConnectionStore(conntrack, refuse),
    replicator,
    link,
  });

  const obstacleParts = (): ObstacleParts => ({
    transport,
    agent: agent.report,
    link,
    peerName: peer.name,
    peerReport,
  });

  const handOver = async (force: boolean): Promise<FailoverReport> => {
    if (agent.report?.role !== "active") throw new Refused(`${node} is not active`);
    const reasons = handoverObstacles(obstacleParts());
    if (reasons.length > 0 && !force) throw new Refused(`${peer.name} is not ready to take over`, reasons);
    return handover.run(force).catch((error: Error) => {
      throw new Refused(`the hand-over failed: ${error.message}`);
    });
  };
  const askPeer = async <Report>(request: PeerRequest, withinMs: number): Promise<Report> => {
    try {
      return (await link.request(request, withinMs)) as Report;
    } catch (error) {
      throw new Refused(`${peer.name}: ${(error as Error).message}`);
    }
  };
  let yielding = false;
  const yieldToPeer = (): void => {
    if (yielding || !isActive() || handoverObstacles(obstacleParts()).length > 0) return;
    yielding = true;
    journal.record("peerChanged", `${node} had better not serve and hands over to ${peer.name}`);
    handOver(false)
      .catch((error: Error) => refuse(explain(error)))
      .finally(() => {
        yielding = false;
      });
  };
  const isActive = (): boolean => agent.report?.role === "active";

  return {
    agent,
    link,
    replicator,
    freezes,
    presence,
    get peerReport() {
      return peerReport;
    },
    get linkSince() {
      return linkSince;
    },
    failover: async (force) => {
      if (isActive()) return handOver(force);
      if (!link.connected && agent.report?.peer?.role === "active") {
        throw new Refused(`${peer.name} is active, and without a peer link it can not be asked to hand over`);
      }
      if (peerReport?.role !== "active") throw new Refused("neither node is active: there is nothing to hand over");
      return askPeer({ method: "failover", force }, failoverWithinMs);
    },
    verify: async (repair) => {
      if (!link.connected) throw new Refused("the peer link is down: there is nothing to compare with");
      if (isActive()) {
        return verifier.run(repair).catch((error: Error) => {
          throw new Refused(`the kernels could not be compared: ${error.message}`);
        });
      }
      if (peerReport?.role !== "active") throw new Refused("neither node is active: there is nothing to compare");
      return askPeer({ method: "verify", repair }, verifyWithinMs);
    },
    leave: async () => {
      const wasActive = agent.report?.role === "active";
      await handover.settled();
      if (agent.report?.role === "active") await handOver(false);
      return wasActive;
    },
    gates: () => handoverGates(obstacleParts()),
    yieldToPeer,
    close: async () => {
      await agent.stop();
      presence.close();
      link.close();
      await replicator.close();
    },
  };
}

const failoverWithinMs = 30_000;
const tenureWithinMs = 60_000;
const verifyWithinMs = 120_000;

/** A refusal in one line, for those who get no list of reasons. */
const explain = (error: Error): string =>
  error instanceof Refused && error.reasons !== undefined
    ? `${error.message}: ${error.reasons.join("; ")}`
    : error.message;

function recordRoleChange(journal: Journal, change: RoleChange): void {
  const { at, from, to, reason, term, tookMs, heardMs, reach, peerReach } = change;
  const message = `${from} → ${to} in ${tookMs.toFixed(1)} ms: ${reasonSentence(reason)}`;
  const known = {
    ...(heardMs === undefined ? {} : { heardMs }),
    ...(reach === undefined ? {} : { reach: formatReach(reach) }),
    ...(peerReach === undefined ? {} : { peerReach: formatReach(peerReach) }),
  };
  journal.record("roleChanged", message, { from, to, reason, term, tookMs, ...known }, at);
}

/** A stranger at the door is worth an event, a thousand of them are not worth a thousand. */
function openRefusals(journal: Journal): { note(reason: string): void } {
  const quietMs = 60_000;
  let quietUntil = 0;
  return {
    note: (reason) => {
      if (performance.now() < quietUntil) return;
      quietUntil = performance.now() + quietMs;
      journal.record("refused", `the peer link refused a connection or message: ${reason}`, { reason });
    },
  };
}
