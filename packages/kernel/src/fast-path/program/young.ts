/**
 * Connections that begin on the fast path, and that nobody but this program knows while they are young:
 *
 *     SYN to a service ──▶ a server is drawn                               opening
 *     SYN+ACK ──▶ the number that the client has to acknowledge
 *     its acknowledgement ──▶ in `open`, for the daemon to find            open
 *     FIN both ways, or RST ──▶ out of `open`                              ended
 *
 * The handshake decides whose connection it is. Another one with the same ports may be known to conntrack, and anybody can
 * send a SYN in somebody's name: until the client acknowledges what the server has sent here, its packets pass, to where they
 * have passed before.
 *
 * What comes from a server belongs to what the client has with the service that this server is of: it is of no other. An ended
 * connection is still known, for packets that come late, until its place is needed.
 */
import {
  addAtomically,
  call,
  change,
  changeBy,
  jump,
  jumpIf,
  jumpIfBy,
  type Line,
  load,
  loadMap,
  store,
  storeNumber,
  toHostOrder,
} from "../../bpf/instruction.js";
import { endKey, flowKey, serverValue, serviceValue, slotKey, target, translation } from "../layout.js";
import { keyOfOther } from "./flow.js";
import {
  copy,
  flow,
  forget,
  frame,
  lookUp,
  onStack,
  rememberAt,
  set,
  toStack,
  unlessEnded,
  type YoungMaps,
} from "./lines.js";
import { fib, getRandom, mapUpdate, stack, standing, tcp } from "./numbers.js";

/** A client may acknowledge more than the SYN when its own acknowledgement of that was lost. */
const acknowledgedAhead = 1 << 17;
const kindOfPacket = tcp.fin | tcp.syn | tcp.rst | tcp.ack;

export const carryYoung = (maps: YoungMaps): readonly Line[] => [
  "tcp",
  ...endOnStack(flowKey.source, flowKey.ports),
  ...lookUp(maps.servers, stack.end),
  jumpIf(0, "different", 0, "answer"),
  ...fromClient(maps),
  ...fromServer(maps),
];

/** The rest of the translation on the stack: without CAP_PERFMON, nobody may show a helper what was never written. */
const zero = (from: number, to: number): readonly Line[] =>
  Array.from({ length: (to - from) / 8 }, (_, at) => storeNumber(8, frame, stack.translation + from + 8 * at, 0));

/** Address and port of one end of the packet, as a key. */
const endOnStack = (address: number, port: number): readonly Line[] => [
  storeNumber(8, frame, stack.end + endKey.port, 0),
  ...toStack(8, 16, frame, stack.key + address, stack.end + endKey.address),
  ...toStack(2, 2, frame, stack.key + port, stack.end + endKey.port),
  load(1, 1, frame, stack.key + flowKey.family),
  store(1, frame, stack.end + endKey.family, 1),
];

const fromClient = ({ connections, open }: YoungMaps): readonly Line[] => [
  ...lookUp(connections, stack.key),
  jumpIf(0, "equal", 0, "unknown"),
  copy(flow, 0),
  ...unlessEnded("pass"),
  ...rememberAt(flow, translation.way),
  load(1, 2, frame, stack.flags),
  change(2, "and", kindOfPacket),
  jumpIf(2, "equal", tcp.syn, "another SYN"),
  load(1, 1, flow, translation.confirmed),
  jumpIf(1, "different", 0, "confirmed"),
  load(4, 1, flow, translation.expected),
  jumpIf(1, "equal", 0, "elsewhere"),
  load(4, 3, frame, stack.acknowledgement),
  toHostOrder(3, 32),
  changeBy(3, "subtract", 1),
  change(3, "shiftLeft", 32),
  change(3, "shiftRight", 32),
  jumpIf(3, "above", acknowledgedAhead, "elsewhere"),
  ...onStack(2, stack.key),
  ...onStack(3, stack.now),
  ...loadMap(1, open),
  set(4, 0),
  call(mapUpdate),
  // Without room the next packet tries again.
  jumpIf(0, "different", 0, "opening"),
  storeNumber(1, flow, translation.confirmed, 1),

  "confirmed",
  storeNumber(1, frame, stack.standing, standing.open),
  load(1, 2, frame, stack.flags),
  change(2, "and", tcp.fin | tcp.rst),
  jumpIf(2, "equal", 0, "find way"),
  ...end("client", open, stack.key),
  jump("find way"),

  "another SYN",
  ...bothEnded("begin"),
  "opening",
  storeNumber(1, frame, stack.standing, standing.opening),
  jump("find way"),
];

/** Its connection is what the client has with the service of this server. */
const fromServer = ({ connections, open }: YoungMaps): readonly Line[] => [
  "answer",
  ...writeBack(),
  ...keyOfOther(frame, stack.translation),
  ...lookUp(connections, stack.reverse),
  jumpIf(0, "equal", 0, "elsewhere"),
  copy(flow, 0),
  ...unlessSame(8, translation.destination, flowKey.source, "elsewhere"),
  ...unlessSame(8, translation.destination + 8, flowKey.source + 8, "elsewhere"),
  ...unlessSame(2, translation.ports + 2, flowKey.ports, "elsewhere"),
  ...unlessEnded("pass"),
  ...rememberAt(flow, translation.wayBack),
  // Before a server has answered a SYN, it says anything else to somebody whom conntrack knows.
  load(1, 2, frame, stack.flags),
  change(2, "and", tcp.syn | tcp.rst),
  jumpIf(2, "different", 0, "answers"),
  load(4, 1, flow, translation.expected),
  jumpIf(1, "equal", 0, "elsewhere"),
  "answers",
  load(1, 2, frame, stack.flags),
  change(2, "and", tcp.fin | tcp.syn | tcp.rst),
  jumpIf(2, "equal", 0, "back"),
  change(2, "and", tcp.syn),
  jumpIf(2, "equal", 0, "server ends"),
  ...bothEnded("elsewhere"),
  load(1, 1, flow, translation.confirmed),
  jumpIf(1, "different", 0, "back"),
  load(4, 1, frame, stack.sequence),
  toHostOrder(1, 32),
  change(1, "add", 1),
  store(4, flow, translation.expected, 1),
  jump("back"),

  "server ends",
  ...end("server", open, stack.reverse),

  "back",
  ...onStack(flow, stack.translation),
  storeNumber(1, frame, stack.standing, standing.open),
  jump("find way"),
];

/** How the packet goes back to the client; with the server's value in r0. */
const writeBack = (): readonly Line[] => [
  ...toStack(8, 16, 0, serverValue.listener, stack.translation + translation.source),
  ...toStack(8, 16, frame, stack.key + flowKey.destination, stack.translation + translation.destination),
  ...toStack(2, 2, 0, serverValue.port, stack.translation + translation.ports),
  ...toStack(2, 2, frame, stack.key + flowKey.ports + 2, stack.translation + translation.ports + 2),
  ...toStack(4, 12, 0, serverValue.growths, stack.translation + translation.addressGrowth),
  ...zero(translation.seen, translation.size),
];

/** Of the translation in `flow` and the packet's own key. */
const unlessSame = (width: 2 | 8, translated: number, key: number, otherwise: string): readonly Line[] => [
  load(width, 1, flow, translated),
  load(width, 2, frame, stack.key + key),
  jumpIfBy(1, "different", 2, otherwise),
];

/**
 * One side has ended the connection, or broken it off, which ends it for both; when both have, it is open no more. With the
 * client's key there on the stack.
 */
const end = (side: "client" | "server", open: number, key: number): readonly Line[] => {
  const { clientEnded, serverEnded } = translation;
  const [own, other] = side === "client" ? [clientEnded, serverEnded] : [serverEnded, clientEnded];
  return [
    storeNumber(1, flow, own, 1),
    load(1, 2, frame, stack.flags),
    change(2, "and", tcp.rst),
    jumpIf(2, "equal", 0, `${side} is first?`),
    storeNumber(1, flow, other, 1),
    `${side} is first?`,
    load(1, 1, flow, other),
    jumpIf(1, "equal", 0, `${side} has ended`),
    ...forget(open, key),
    `${side} has ended`,
  ];
};

const bothEnded = (then: string): readonly Line[] => [
  load(1, 1, flow, translation.clientEnded),
  load(1, 2, flow, translation.serverEnded),
  changeBy(1, "and", 2),
  jumpIf(1, "different", 0, then),
];

/** A packet of no connection that is known here: one may begin. */
export const beginYoung = (maps: YoungMaps): readonly Line[] => [
  "unknown",
  load(1, 2, frame, stack.flags),
  change(2, "and", kindOfPacket),
  jumpIf(2, "different", tcp.syn, "elsewhere"),

  "begin",
  ...unlessEnded("pass"),
  ...drawTarget(maps),
  ...writeForth(),
  ...toStack(4, 4, flow, target.number, stack.number),
  ...onStack(flow, stack.translation),
  ...rememberAt(flow, translation.way),
  storeNumber(1, frame, stack.standing, standing.fresh),
  jump("find way"),

  // What is known of an ended connection with these ports is no longer true.
  "not begun",
  ...forget(maps.connections, stack.key),
  jump("elsewhere"),
];

/** Leaves the target in `flow`. */
const drawTarget = ({ services, slots }: YoungMaps): readonly Line[] => [
  ...endOnStack(flowKey.destination, flowKey.ports + 2),
  ...lookUp(services, stack.end),
  jumpIf(0, "equal", 0, "not begun"),
  copy(flow, 0),
  load(4, 1, flow, serviceValue.random),
  jumpIf(1, "equal", 0, "in turns"),
  call(getRandom),
  jump("drawn"),
  "in turns",
  load(4, 0, flow, serviceValue.turn),
  copy(1, 0),
  change(1, "add", 1),
  store(4, flow, serviceValue.turn, 1),
  "drawn",
  load(4, 1, flow, serviceValue.slots),
  changeBy(0, "modulo", 1),
  store(4, frame, stack.slot + slotKey.slot, 0),
  ...toStack(4, 4, flow, serviceValue.draw, stack.slot + slotKey.draw),
  ...lookUp(slots, stack.slot),
  jumpIf(0, "equal", 0, "not begun"),
  copy(flow, 0),
];

const writeForth = (): readonly Line[] => [
  ...toStack(8, 16, frame, stack.key + flowKey.source, stack.translation + translation.source),
  ...toStack(8, 16, flow, target.address, stack.translation + translation.destination),
  ...toStack(2, 2, frame, stack.key + flowKey.ports, stack.translation + translation.ports),
  ...toStack(2, 2, flow, target.port, stack.translation + translation.ports + 2),
  ...toStack(4, 12, flow, target.growths, stack.translation + translation.addressGrowth),
  ...zero(translation.seen, translation.size),
];

/**
 * When there is a way for its first packet, to where answers will be seen here, a connection is known; otherwise it begins
 * elsewhere.
 */
export const knowFresh = ({ connections, counts, interfaces }: YoungMaps): readonly Line[] => [
  load(1, 1, frame, stack.standing),
  jumpIf(1, "different", standing.fresh, "translate"),
  ...lookUp(interfaces, stack.fib + fib.interface),
  jumpIf(0, "equal", 0, "not begun"),
  ...onStack(2, stack.key),
  copy(3, flow),
  ...loadMap(1, connections),
  set(4, 0),
  call(mapUpdate),
  jumpIf(0, "different", 0, "not begun"),
  ...lookUp(counts, stack.number),
  jumpIf(0, "equal", 0, "translate"),
  set(1, 1),
  addAtomically(0, 0, 1),
];

/**
 * Nobody else could make sense of a packet of an open connection: dropped, it is sent again when conntrack knows. One that was
 * to begin here begins elsewhere.
 */
export const noWayForYoung: readonly Line[] = [
  load(1, 1, frame, stack.standing),
  jumpIf(1, "equal", standing.open, "drop"),
  jumpIf(1, "equal", standing.fresh, "not begun"),
];
