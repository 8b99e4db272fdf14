import {
  downInterval,
  effectivePriority,
  initialRouter,
  isEligible,
  type NodeConfig,
  nextRouterDeadline,
  obstacles,
  owns,
  type RouterEffect,
  type RouterEvent,
  type RouterState,
  type RouterView,
  routerLinks,
  stepRouter,
} from "@vipair/heartbeat";
import { bootClock } from "@vipair/kernel";
import { elapsed, type Instant, type Millis, millisOf, type Pair, type VirtualAddress } from "@vipair/model";
import { type Machine, openLoop, type Perform } from "../loop.js";
import type { AgentMessage, PeerView } from "../message.js";
import type { Party } from "../party.js";
import type { IsOutdated, PerformNode } from "../perform.js";
import type { Recording } from "../recording.js";
import { openLinks } from "./links.js";

export interface RouterPartyOptions {
  readonly pair: Pair;
  readonly node: string;
  readonly addresses: readonly VirtualAddress[];
  readonly config: NodeConfig;
  readonly performNode: PerformNode;
  readonly isOutdated: IsOutdated;
  readonly tell: (message: AgentMessage) => void;
  readonly stepped: (effects: readonly RouterEffect[], at: Instant, took: Millis) => void;
  /** A report would show something else than before. */
  readonly changed: () => void;
  readonly recording: Pick<Recording, "of">;
  /** The process was awake for a deadline, and has done what that asked for. */
  readonly awake: () => void;
}

/** A virtual router of RFC 9568, among any others that speak it. */
export function openRouterParty(options: RouterPartyOptions): Party {
  const { pair, node, addresses, config, performNode, tell, stepped, changed, awake } = options;
  const links = openLinks({
    links: routerLinks(pair, node, addresses),
    heartbeat: pair.heartbeat,
    virtual: addresses,
    received: (advert) => {
      const former = loop.state.peer;
      loop.deliver(advert);
      if (isNews(former, loop.state.peer)) changed();
    },
    notice: (sentence) => tell({ type: "refused", error: sentence }),
  });
  const perform: Perform<RouterEvent, RouterEffect> = (effect, decidedAt) => {
    if (effect.type !== "sendAdvertisement") return performNode(effect, decidedAt);
    // Priority 0 gives up: that is true however late it is said.
    if (effect.priority === 0 || !options.isOutdated(decidedAt)) links.advertise(effect.priority);
    return undefined;
  };
  const catchUp = (goOn: () => void): void => {
    links.drain();
    goOn();
  };
  const record = options.recording.of("router", config);
  const loop = openLoop(routerMachine(config), { perform, stepped, record, catchUp, awake });
  return {
    deliver: loop.deliver,
    seeTerm: (term) => loop.deliver({ type: "termSeen", term }),
    // An advertisement has no room for these.
    countServers: () => undefined,
    setConfigDigest: () => undefined,
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
          silenceMs: downInterval(effectivePriority(config, state), state.activeInterval),
        },
      };
    },
    peer: () => (loop.state.peer === undefined ? undefined : viewRouter(loop.state.peer, bootClock())),
    paths: () => links.paths(loop.state.role === "active", silenceOf(loop.state)),
    refused: links.refused,
    stop: loop.close,
    close: links.close,
  };
}

const routerMachine = (config: NodeConfig): Machine<RouterState, RouterEvent, RouterEffect> => ({
  initial: initialRouter(config),
  step: (state, event, now) => stepRouter(config, state, event, now),
  nextDeadline: nextRouterDeadline,
});

/** What an advertisement says of its sender; not reachable when it is older than four intervals. */
function viewRouter({ priority, interval, heardAt }: RouterView, now: Instant): PeerView {
  return {
    heardAt,
    role: "active",
    reachable: elapsed(heardAt, now) <= 4 * interval,
    priority,
    ready: undefined,
    eligible: undefined,
    maintenance: undefined,
    hearing: undefined,
    sameConfig: undefined,
    reach: undefined,
    older: false,
  };
}

function isNews(former: RouterView | undefined, latest: RouterView | undefined): boolean {
  if (former === undefined || latest === undefined) return former !== latest;
  return former.priority !== latest.priority || former.sender.text !== latest.sender.text;
}

/** A link on which a backup heard nothing for this long is down. */
const silenceOf = ({ activeInterval }: RouterState): Millis => millisOf(Math.max(1_000, 5 * activeInterval));
