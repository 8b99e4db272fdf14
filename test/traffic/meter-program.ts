/**
 * The outage meter's inner part: sends numbered datagrams by an absolute schedule (late ones are sent at once, so the
 * count is right even when the machine stalls) and notes when each was sent and answered.
 */
import { createSocket } from "node:dgram";
import { monotonicMs, pause } from "../topology/clock.js";
import { answerQuestions } from "./instrument.js";
import { type Datagram, type MeterReport, summarise } from "./window.js";

const [address = "", portText = "7", intervalText = "1"] = process.argv.slice(2);
const port = Number(portText);
const intervalMs = Number(intervalText);
/** How long an answer may take until its datagram counts as lost. */
const patienceMs = 400;
/** Datagrams remembered: a quarter of an hour at 1 kHz. */
const capacity = 1 << 20;

const sentAt = new Float64Array(capacity);
const answeredAt = new Float64Array(capacity);
const answeredBy = new Uint8Array(capacity);
const servers: string[] = [];
const wrong: { readonly at: number; readonly because: string }[] = [];
let next = 0;

const socket = createSocket({ type: address.includes(":") ? "udp6" : "udp4", recvBufferSize: 1 << 22 });
socket.on("message", (message, from) => {
  const now = monotonicMs();
  const sequence = message.length >= 8 ? Number(message.readBigUInt64BE(0)) : Number.NaN;
  const slot = sequence % capacity;
  const because = complaint(`${from.address}:${from.port}`, sequence);
  if (because !== undefined) {
    wrong.push({ at: now, because });
    return;
  }
  answeredAt[slot] = now;
  answeredBy[slot] = serverNumber(message.toString("utf8", 8));
});
socket.on("error", () => {}); // unreachable for a while: the datagram counts as lost
socket.bind(0, () => {
  const start = monotonicMs();
  const send = (): void => {
    for (let now = monotonicMs(); start + next * intervalMs <= now; now = monotonicMs()) sendOne(now);
    setTimeout(send, 0.5);
  };
  send();
});

/** What is wrong with an answer; `undefined` when nothing is. */
function complaint(source: string, sequence: number): string | undefined {
  if (source !== `${address}:${port}`) return `from ${source}`;
  if (!(sequence < next && sequence >= next - capacity)) return "unasked";
  return answeredAt[sequence % capacity] === 0 ? undefined : "doubled";
}

function sendOne(now: number): void {
  const slot = next % capacity;
  const datagram = Buffer.alloc(8);
  datagram.writeBigUInt64BE(BigInt(next));
  sentAt[slot] = now;
  answeredAt[slot] = 0;
  next += 1;
  socket.send(datagram, port, address, () => {});
}

function serverNumber(name: string): number {
  const known = servers.indexOf(name);
  return known >= 0 ? known : servers.push(name) - 1;
}

answerQuestions(async ({ fromMs, toMs }: { fromMs: number; toMs: number }): Promise<MeterReport> => {
  await pause(Math.max(0, toMs + patienceMs - monotonicMs()));
  const datagrams: Datagram[] = [];
  for (let sequence = Math.max(0, next - capacity); sequence < next; sequence++) {
    const slot = sequence % capacity;
    const at = sentAt[slot] ?? 0;
    if (at < fromMs || at > toMs) continue;
    datagrams.push({ sentAt: at, answeredAt: answeredAt[slot] ?? 0, server: servers[answeredBy[slot] ?? 0] ?? "" });
  }
  const complaints = wrong.filter(({ at }) => at >= fromMs && at <= toMs).map(({ because }) => because);
  return summarise(datagrams, fromMs, toMs, complaints);
});
