import {
  type Authenticator,
  activeDownInterval,
  claimObstacles,
  currentHeartbeat,
  type ElectionConfig,
  type ElectionEffect,
  type ElectionEvent,
  type ElectionState,
  effectivePriority,
  initialElection,
  isEligible,
  lifelineGrace,
  nextDeadline,
  obstacles,
  ownReach,
  owns,
  stepElection,
} from "@vipair/heartbeat";
import { bootClock } from "@vipair/kernel";
import type { Instant, Millis, Pair, VirtualAddress } from "@vipair/model";
import { openExchange } from "../exchange/exchange.js";
import { afterSockets, type Machine, openLoop } from "../loop.js";
import type { AgentMessage } from "../message.js";
import type { Party } from "../party.js";
import type { IsOutdated, PerformNode } from "../perform.js";
import type { Recording } from "../recording.js";
import { type Heard, isNews, viewPeer } from "./peer.js";
import { performElection } from "./perform.js";
import { openWitnesses } from "./witness.js";

export interface ElectionPartyOptions {
  readonly pair: Pair;
  readonly node: string;
  readonly addresses: readonly VirtualAddress[];
  readonly configDigest: bigint;
  readonly authenticator: Authenticator;
  readonly config: ElectionConfig;
  readonly performNode: PerformNode;
  readonly isOutdated: IsOutdated;
  readonly tell: (message: AgentMessage) => void;
  readonly stepped: (effects: readonly ElectionEffect[], at: Instant, took: Millis) => void;
  /** A report would show something else than before. */
  readonly changed: () => void;
  readonly recording: Pick<Recording, "of">;
  /** The process was awake for a deadline, and has done what that asked for. */
  readonly awake: () => void;
}

/** The election among two nodes of this product, by authenticated heartbeats on every path. */
export function openElectionParty(options: ElectionPartyOptions): Party {
  const { pair, node, addresses, configDigest, authenticator, config, performNode, tell, stepped, changed, awake } =
    options;
  let heard: Heard | undefined;
  const exchange = openExchange(
    { pair, nodeIndex: pair.nodes[0].name === node ? 0 : 1, addresses, configDigest, authenticator },
    {
      currentHeartbeat: () => currentHeartbeat(config, loop.state, bootClock()),
      heartbeatReceived: (heartbeat, sameConfig) => {
        // By another configuration the peer counts other things.
        const comparable = sameConfig ? heartbeat : { ...heartbeat, reach: undefined };
        loop.deliver({ type: "heartbeatReceived", heartbeat: comparable });
        const former = heard;
        heard = { heartbeat, sameConfig, at: bootClock() };
        if (isNews(former, heard)) changed();
      },
      lifelineClosed: () => loop.deliver({ type: "lifelineClosed" }),
      pathChanged: (path, up, others) => tell({ type: "pathChanged", path, up, others }),
    },
  );
  const reached = (): void => loop.deliver({ type: "witnessReached" });
  const askWitnesses = openWitnesses(pair.witness, config.interval, reached);
  const perform = performElection(exchange, tell, performNode, askWitnesses, options.isOutdated);
  const record = options.recording.of("election", config);
  const loop = openLoop(electionMachine(config), { perform, stepped, record, catchUp: afterSockets, awake });
  return {
    deliver: loop.deliver,
    // Every heartbeat says the term.
    seeTerm: () => undefined,
    countServers: (servers) => {
      loop.deliver({ type: "serversCounted", servers });
      changed();
    },
    setConfigDigest: exchange.setConfigDigest,
    get owns() {
      return owns(loop.state, bootClock());
    },
    get standing() {
      const { state } = loop;
      const { role, term } = state;
      const failedTracks = [...state.failedTracks];
      return {
        role,
        term,
        priority: effectivePriority(config, state),
        eligible: isEligible(config, state),
        failedTracks,
        takeover: {
          obstacles: obstacles(config, state),
          claimObstacles: claimObstacles(config, state, bootClock()),
          silenceMs: activeDownInterval(config, state),
          lifelineMs: lifelineGrace(config),
        },
        reach: ownReach(config, state),
      };
    },
    peer: () => (heard === undefined ? undefined : viewPeer(heard, exchange.peerIsOlder, pair, bootClock())),
    paths: exchange.paths,
    refused: exchange.refused,
    stop: loop.close,
    close: exchange.close,
  };
}

export const electionMachine = (config: ElectionConfig): Machine<ElectionState, ElectionEvent, ElectionEffect> => ({
  initial: initialElection(config, bootClock()),
  step: (state, event, now) => stepElection(config, state, event, now),
  nextDeadline,
});
