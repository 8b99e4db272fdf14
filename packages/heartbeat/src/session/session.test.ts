import { instantOf } from "@vipair/model";
import { beforeEach, describe, expect, it } from "vitest";
import type { NodeIndex, PacketHeader } from "../packet/layout.js";
import { answerEvery, receivePacket, type Verdict } from "./receive.js";
import { nextPacketHeader, openSession, type Session } from "./session.js";

let randoms = 1n;
let now = 0;

/** A node with its session, and everything it ever sent. */
class Talker {
  session: Session;
  readonly sent: PacketHeader[] = [];

  constructor(readonly index: NodeIndex) {
    this.session = openSession({ index, boot: randoms++, challenge: randoms++ });
  }

  restart(): void {
    this.session = openSession({ index: this.index, boot: randoms++, challenge: randoms++ });
  }

  say(response?: bigint): PacketHeader {
    const { session, header } = nextPacketHeader(this.session, response);
    this.session = session;
    const packet = { ...header, routerId: 51, path: 0, configDigest: 0n };
    this.sent.push(packet);
    return packet;
  }

  hear(packet: PacketHeader, path = packet.path): Verdict {
    const { session, verdict } = receivePacket(this.session, packet, path, randoms++, instantOf(now));
    this.session = session;
    return verdict;
  }
}

let left: Talker;
let right: Talker;

const accepted = { type: "accepted", newest: true, established: false };
const proven = { type: "accepted", newest: true, established: true };

/** One side speaks; the other answers at once; the first one speaks again. */
function meet(first: Talker, second: Talker): void {
  const verdict = second.hear(first.say());
  if (verdict.type !== "unproven" || verdict.answer === undefined) throw new Error(`not to prove: ${verdict.type}`);
  expect(first.hear(second.say(verdict.answer))).toEqual(proven);
  expect(second.hear(first.say())).toEqual(proven);
}

beforeEach(() => {
  now = 1_000;
  left = new Talker(0);
  right = new Talker(1);
});

describe("session", () => {
  it("is established in one round trip, in both directions", () => {
    meet(left, right);
    expect(left.hear(right.say())).toEqual(accepted);
    expect(right.hear(left.say())).toEqual(accepted);
  });

  it.each([0, 1] as const)("believes node %i after a restart, one round trip later", (index) => {
    meet(left, right);
    const [restarted, other] = index === 0 ? [left, right] : [right, left];
    restarted.restart();
    now += answerEvery;
    meet(restarted, other);
    expect(restarted.hear(other.say())).toEqual(accepted);
  });

  it("is established by the other side's heartbeat as well, when the restarted node is not answered", () => {
    meet(left, right);
    left.restart();
    const verdict = left.hear(right.say());
    expect(verdict.type).toBe("unproven");
    expect(right.hear(left.say())).toEqual(proven);
    expect(left.hear(right.say())).toEqual(proven);
  });

  it("takes every count once on each path, and only the first as news", () => {
    meet(left, right);
    const packet = left.say();
    expect(right.hear(packet)).toEqual(accepted);
    expect(right.hear(packet)).toEqual({ type: "replayed" });
    expect(right.hear({ ...packet, path: 1 })).toEqual({ ...accepted, newest: false });
    expect(right.hear({ ...packet, path: 1 })).toEqual({ type: "replayed" });
  });

  it("takes an overtaken packet for its path's life only when it is not older than the path's last", () => {
    meet(left, right);
    const [old, fresh] = [left.say(), left.say()];
    expect(right.hear({ ...fresh, path: 2 })).toEqual(accepted);
    expect(right.hear(old)).toEqual({ ...accepted, newest: false });
    expect(right.hear({ ...old, path: 2 })).toEqual({ type: "replayed" });
  });

  it("refuses what was sent before the proof on a path that was not heard yet", () => {
    meet(left, right);
    const [first] = left.sent;
    expect(right.hear({ ...(first as PacketHeader), path: 1 })).toEqual({ type: "replayed" });
  });

  it("refuses its own packets, and packets of another path", () => {
    meet(left, right);
    expect(left.hear(left.say())).toEqual({ type: "reflected" });
    expect(right.hear(left.say(), 1)).toEqual({ type: "misrouted" });
  });

  it("refuses every recording of an earlier lifetime of the peer", () => {
    meet(left, right);
    for (let i = 0; i < 10; i++) right.hear(left.say());
    const recordings = left.sent.slice();
    left.restart();
    now += answerEvery;
    meet(left, right);
    for (const packet of recordings) expect(right.hear(packet).type).toBe("unproven");
    expect(right.hear(left.say())).toEqual(accepted);
  });

  it("refuses every recording for an earlier lifetime of its own", () => {
    meet(left, right);
    for (let i = 0; i < 10; i++) right.hear(left.say());
    const recordings = left.sent.slice();
    right.restart();
    for (const packet of recordings) expect(right.hear(packet).type).toBe("unproven");
    now += answerEvery;
    meet(left, right);
    for (const packet of recordings) expect(right.hear(packet).type).not.toBe("accepted");
  });

  it("is not disturbed by a flood of recordings, and answers few of them", () => {
    meet(left, right);
    const recordings = left.sent.slice();
    left.restart();
    now += answerEvery;
    meet(left, right);
    let answers = 0;
    for (let i = 0; i < 1_000; i++) {
      now += 1;
      const verdict = right.hear(recordings[i % recordings.length] as PacketHeader);
      if (verdict.type === "unproven" && verdict.answer !== undefined) answers += 1;
      if (i % 10 === 0) expect(right.hear(left.say())).toEqual(accepted);
    }
    expect(answers).toBe(1_000 / answerEvery);
    expect(right.session.counters.unproven).toBe(1_000 + 2);
  });

  it("lets a restarted peer in during a flood that takes all answers", () => {
    meet(left, right);
    const recordings = left.sent.slice();
    left.restart();
    now += answerEvery;
    meet(left, right);
    left.restart();
    now += answerEvery;
    right.hear(recordings[0] as PacketHeader);
    expect(right.hear(left.say())).toEqual({ type: "unproven", answer: undefined });
    expect(left.hear(right.say())).toMatchObject({ type: "unproven" });
    expect(right.hear(left.say())).toEqual(proven);
    expect(left.hear(right.say())).toEqual(proven);
  });

  it("counts every verdict", () => {
    meet(left, right);
    right.hear(left.sent[0] as PacketHeader);
    right.hear(right.say());
    right.hear(left.say(), 1);
    expect(right.session.counters).toEqual({ accepted: 1, replayed: 1, reflected: 1, misrouted: 1, unproven: 1 });
  });
});
