/**
 * The program that carries packets of established connections past conntrack and nftables, on every interface where they
 * come in:
 *
 *     the lease's end in its map?          no: this node owns nothing ──▶ pass
 *     TCP or UDP, whole, no options?       no ──▶ pass
 *     SYN, FIN or RST of one in `flows`?   both directions leave the fast path ──▶ pass
 *     this direction is in `flows`?        no: one of 16 packets is counted; whoever has many is told ──▶ pass
 *     the lease has not ended?             no ──▶ pass
 *     the kernel has a route, a neighbour and room on the way?  no ──▶ pass
 *     translate, one hop less, out
 *
 * `pass` is the ordinary way through the fence, conntrack and the rules, where everything is decided: about these connections
 * the program itself decides nothing, and a packet that it cannot make sense of is never lost. With {@link YoungMaps},
 * connections also begin here: see `young.ts`. Helpers: bpf-helpers(7).
 */
import { exit, type Line } from "../../bpf/instruction.js";
import { findFlow, leave, sample } from "./flow.js";
import { type FastPathMaps, set } from "./lines.js";
import { TC_ACT_SHOT, TC_ACT_UNSPEC } from "./numbers.js";
import { findLease, readPacket } from "./packet.js";
import { translate } from "./translate.js";
import { findWay, sendOut } from "./way.js";
import { beginYoung, carryYoung, knowFresh, noWayForYoung } from "./young.js";

export function fastPathProgram(maps: FastPathMaps): readonly Line[] {
  const { young } = maps;
  return [
    ...findLease(maps),
    ...readPacket(),
    ...findFlow(maps, young === undefined ? "tcp" : "elsewhere"),
    ...findWay(maps),
    ...(young === undefined ? [] : knowFresh(young)),
    ...translate(),
    ...sendOut(),
    ...(young === undefined ? [] : [...carryYoung(young), ...beginYoung(young)]),
    ...sample(maps),
    ...leave(maps),
    "no way",
    ...(young === undefined ? [] : noWayForYoung),
    "pass",
    set(0, TC_ACT_UNSPEC),
    exit,
    "drop",
    set(0, TC_ACT_SHOT),
    exit,
  ];
}
