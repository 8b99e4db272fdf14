import {
  type ElectionConfig,
  type ElectionEffect,
  type ElectionEvent,
  type ElectionState,
  firstWordRepeat,
  type Heartbeat,
  initialElection,
  type NodeIndex,
  nextDeadline,
  type stepElection,
} from "@vipair/heartbeat";
import { after, type Instant, instantOf, millisOf } from "@vipair/model";

/**
 * A scene is all that two elections and the network between them are at one moment, as a value: what may happen next is a
 * list of other scenes. Both nodes have the same clock here, all paths are one, and the lease ends by its time or with its
 * process. What may go wrong is counted down in the scene itself.
 *
 *    scene ──the earliest mail, restart or deadline──► scene
 *          ──a crash of either node, if any is left──► scene        each heartbeat that is sent on the way arrives,
 *                                                                   or is lost, or is late: a scene for each
 */
export interface Scene {
  readonly now: Instant;
  readonly nodes: readonly [SceneNode, SceneNode];
  /** On its way, in the order of arrival. */
  readonly mail: readonly Mail[];
  /** Faults that may still happen. */
  readonly left: Faults;
  /** When the last fault happened, or its effect ended; what the promises' bounds are counted from. */
  readonly faultAt: Instant;
  /** Since when nobody, and since when both own the addresses. */
  readonly vacantSince: Instant | undefined;
  readonly doubleSince: Instant | undefined;
  /** That both own them is the network's doing, and no machine's mistake. */
  readonly isDoubleExcused: boolean;
}

export interface Faults {
  readonly losses: number;
  readonly delays: number;
  readonly crashes: number;
}

export interface SceneNode {
  /** `undefined` while the process is dead. */
  readonly state: ElectionState | undefined;
  readonly leaseUntil: Instant;
  /** When the process starts (again). */
  readonly startAt: Instant | undefined;
  /** Counts what it sends, and what it has heard last: older heartbeats are discarded. */
  readonly sent: number;
  readonly heard: number;
  /** Heartbeats of this node that were lost or late, one after the other, since one arrived in time. */
  readonly missed: number;
  /** The other node has heard this one as active since it took over. */
  readonly isKnown: boolean;
  /** Heartbeats of this node that were lost or late since it took over, 2 at most. */
  readonly missedAsActive: number;
}

export type Mail =
  | {
      readonly type: "heartbeat";
      readonly at: Instant;
      readonly to: NodeIndex;
      readonly seq: number;
      readonly heartbeat: Heartbeat;
      readonly isLate: boolean;
    }
  | { readonly type: "event"; readonly at: Instant; readonly to: NodeIndex; readonly event: ElectionEvent };

/** What all scenes of one exploration have in common. */
export interface Rules {
  readonly configs: readonly [ElectionConfig, ElectionConfig];
  readonly step: typeof stepElection;
}

/** A message takes a twentieth of an interval; one that is late, half an interval or two and a half more. */
const delayOf = (interval: number): number => interval / 20;
const latenesses = [0.5, 2.5];
const restartIntervals = 1.5;
const preparationIntervals = 0.3;

/** Both processes start, the second one `offset` intervals after the first. */
export function openingScene({ configs }: Rules, left: Faults, offset: number): Scene {
  const now = instantOf(0);
  const node = (startAt: number): SceneNode => ({
    state: undefined,
    leaseUntil: now,
    startAt: instantOf(startAt),
    sent: 0,
    heard: 0,
    missed: 0,
    isKnown: false,
    missedAsActive: 0,
  });
  const nodes = [node(0), node(offset * configs[0].interval)] as const;
  return { now, nodes, mail: [], left, faultAt: now, vacantSince: now, doubleSince: undefined, isDoubleExcused: false };
}

/** Everything that may happen next. */
export function successors(rules: Rules, scene: Scene): readonly Scene[] {
  const crashes = ([0, 1] as const).flatMap((index) => crash(rules, scene, index));
  return [...advance(rules, scene), ...crashes];
}

/** Whether the node answers for the addresses now. */
export const owns = ({ state, leaseUntil }: SceneNode, now: Instant): boolean =>
  state?.role === "active" && now < leaseUntil;

/** The earliest of what is due: what arrives comes before what a deadline decides, as in the agent. */
function advance(rules: Rules, before: Scene): readonly Scene[] {
  const [mail] = before.mail;
  const due = ([0, 1] as const).map((index) => {
    const { state, startAt } = before.nodes[index];
    return state === undefined ? startAt : nextDeadline(state);
  });
  const times = [mail?.at, ...due, ...leaseEnds(before)].filter((at) => at !== undefined);
  const now = instantOf(Math.max(before.now, Math.min(...times)));
  const scene = { ...before, now };
  if (mail !== undefined && mail.at <= now) return deliver(rules, { ...scene, mail: scene.mail.slice(1) }, mail);
  for (const index of [0, 1] as const) {
    const at = due[index];
    if (at === undefined || at > now) continue;
    if (scene.nodes[index].state === undefined) return start(rules, scene, index);
    return stepNode(rules, scene, index, { type: "deadlineReached" });
  }
  return [settle(rules, scene)];
}

/** The ends of leases are events, too: somebody ceases to own. */
const leaseEnds = ({ nodes, now }: Scene): readonly Instant[] =>
  nodes.flatMap(({ leaseUntil }) => (leaseUntil > now ? [leaseUntil] : []));

function deliver(rules: Rules, scene: Scene, mail: Mail): readonly Scene[] {
  const node = scene.nodes[mail.to];
  if (node.state === undefined) return [settle(rules, scene)];
  if (mail.type === "event") return stepNode(rules, scene, mail.to, mail.event);
  if (mail.seq <= node.heard) return [settle(rules, scene)];
  const from = scene.nodes[otherOf(mail.to)];
  const isKnown = from.isKnown || (mail.heartbeat.role === "active" && from.state?.role === "active");
  const missed = mail.isLate ? from.missed : 0;
  const known = withNode(scene, otherOf(mail.to), { ...from, isKnown, missed });
  const heard = withNode(known, mail.to, { ...node, heard: mail.seq });
  return stepNode(rules, heard, mail.to, { type: "heartbeatReceived", heartbeat: mail.heartbeat });
}

function start(rules: Rules, scene: Scene, index: NodeIndex): readonly Scene[] {
  const state = initialElection(rules.configs[index], scene.now);
  // What was said to its former lifetime proves nothing to this one, and is discarded.
  const mail = scene.mail.filter(({ type, to }) => type !== "heartbeat" || to !== index);
  const born = withNode({ ...scene, mail }, index, { ...scene.nodes[index], state, startAt: undefined, heard: 0 });
  return stepNode(rules, born, index, { type: "started" }).flatMap((started) =>
    stepNode(rules, started, index, { type: "readinessChanged", ready: true }),
  );
}

/** The process dies: its kernel ends the lease, then closes the lifeline. What it sent before still arrives. */
function crash(rules: Rules, scene: Scene, index: NodeIndex): readonly Scene[] {
  const node = scene.nodes[index];
  if (scene.left.crashes === 0 || node.state === undefined) return [];
  const { interval } = rules.configs[index];
  const dead: SceneNode = {
    ...node,
    state: undefined,
    leaseUntil: scene.now,
    startAt: after(scene.now, millisOf(restartIntervals * interval)),
  };
  const left = { ...scene.left, crashes: scene.left.crashes - 1 };
  const at = after(scene.now, millisOf(delayOf(rules.configs[index].interval)));
  const closed: Mail = { type: "event", at, to: otherOf(index), event: { type: "lifelineClosed" } };
  return [settle(rules, post({ ...withNode(scene, index, dead), left, faultAt: scene.now }, closed))];
}

function stepNode(rules: Rules, scene: Scene, index: NodeIndex, event: ElectionEvent): readonly Scene[] {
  const node = scene.nodes[index];
  if (node.state === undefined) return [scene];
  const { state, effects } = rules.step(rules.configs[index], node.state, event, scene.now);
  const tenure = node.state.role === state.role ? {} : { isKnown: false, missedAsActive: 0 };
  let scenes: readonly Scene[] = [withNode(scene, index, { ...node, state, ...tenure })];
  for (const effect of effects) scenes = scenes.flatMap((each) => perform(rules, each, index, effect));
  return scenes.map((each) => settle(rules, each));
}

function perform(rules: Rules, scene: Scene, index: NodeIndex, effect: ElectionEffect): readonly Scene[] {
  const node = scene.nodes[index];
  switch (effect.type) {
    case "sendHeartbeat":
      return send(rules, scene, index, effect.heartbeat);
    case "renewLease": {
      const renewed = withNode(scene, index, { ...node, leaseUntil: after(scene.now, effect.ttl) });
      return stepNode(rules, renewed, index, { type: "leaseRenewed" });
    }
    case "dropLease":
      return [withNode(scene, index, { ...node, leaseUntil: scene.now })];
    case "requestHandover": {
      const at = after(scene.now, millisOf(preparationIntervals * rules.configs[index].interval));
      return [post(scene, { type: "event", at, to: index, event: { type: "handoverPrepared", force: false } })];
    }
    case "addAddresses":
    case "removeAddresses":
    case "announceAddresses":
    case "refuseHandover":
    case "reportRole":
    case "reportRestored":
    case "reportRefused":
    case "reportConflict":
    case "reportUnwitnessed":
    case "askWitness":
    case "exit":
      return [scene];
  }
}

/** A heartbeat arrives, or is lost, or is late. */
function send(rules: Rules, scene: Scene, index: NodeIndex, heartbeat: Heartbeat): readonly Scene[] {
  const config = rules.configs[index];
  const { left, now } = scene;
  const node = { ...scene.nodes[index], sent: scene.nodes[index].sent + 1 };
  const mailAfter = (intervals: number): Mail => {
    const at = after(now, millisOf(delayOf(config.interval) + intervals * config.interval));
    return { type: "heartbeat", at, to: otherOf(index), seq: node.sent, heartbeat, isLate: intervals > 0 };
  };
  const arrived = post(withNode(scene, index, node), mailAfter(0));
  const missedAsActive = node.state?.role === "active" ? Math.min(2, node.missedAsActive + 1) : node.missedAsActive;
  const faulty = { ...withNode(scene, index, { ...node, missed: node.missed + 1, missedAsActive }), faultAt: now };
  const lost = left.losses === 0 ? [] : [{ ...faulty, left: { ...left, losses: left.losses - 1 } }];
  const late =
    left.delays === 0
      ? []
      : latenesses.map((lateness) => {
          const mail = mailAfter(lateness);
          return post({ ...faulty, faultAt: mail.at, left: { ...left, delays: left.delays - 1 } }, mail);
        });
  return [arrived, ...lost, ...late];
}

/** Notes since when nobody, or both, own the addresses. */
function settle(rules: Rules, scene: Scene): Scene {
  const { now, nodes } = scene;
  const owners = nodes.filter((node) => owns(node, now)).length;
  const vacantSince = owners === 0 ? (scene.vacantSince ?? now) : undefined;
  if (owners < 2) return { ...scene, vacantSince, doubleSince: undefined, isDoubleExcused: false };
  if (scene.doubleSince !== undefined) return scene;
  return { ...scene, vacantSince, doubleSince: now, isDoubleExcused: isExcused(rules, scene) };
}

/**
 * Three heartbeats in a row were missed; or the other node could not have heard of the tenure of the one that was active
 * first: its word was on its way, or missed and repeated just now, or missed with its repeat.
 */
function isExcused({ configs }: Rules, { nodes }: Scene): boolean {
  if (nodes.some(({ missed }) => missed >= 3)) return true;
  const [left, right] = nodes;
  const { isKnown, missedAsActive } = since(left) <= since(right) ? left : right;
  if (isKnown) return false;
  const { interval } = configs[0];
  const apart = Math.abs(since(left) - since(right));
  const words = missedAsActive === 0 ? delayOf(interval) : firstWordRepeat(configs[0]) + delayOf(interval);
  return missedAsActive >= 2 || apart <= words;
}

const since = ({ state }: SceneNode): number => (state?.role === "active" ? state.activeSince : 0);

function post(scene: Scene, mail: Mail): Scene {
  const at = scene.mail.findIndex((other) => other.at > mail.at);
  const place = at < 0 ? scene.mail.length : at;
  return { ...scene, mail: [...scene.mail.slice(0, place), mail, ...scene.mail.slice(place)] };
}

const withNode = (scene: Scene, index: NodeIndex, node: SceneNode): Scene => ({
  ...scene,
  nodes: index === 0 ? [node, scene.nodes[1]] : [scene.nodes[0], node],
});

const otherOf = (index: NodeIndex): NodeIndex => (index === 0 ? 1 : 0);
