/** Sends datagrams from sockets of which each keeps its port, and notes which server answers each. */
import { createSocket, type Socket } from "node:dgram";
import { answerQuestions } from "../instrument.js";
import type { Target } from "../target.js";
import type { FlowsPlan, FlowsQuestion, FlowsReport } from "./flows.js";

const everyMs = 50;
const numberLength = 4;
const plan = JSON.parse(process.argv[2] ?? "") as FlowsPlan;

/** One socket and the service it talks to. */
class Flow {
  /** To datagrams of the window. */
  answers = 0;
  strayed = 0;
  wrong = 0;
  /** The server that answered first, ever. */
  server = "";
  /** The number of the window's first datagram. */
  #from = 0;
  #next = 0;
  readonly #socket: Socket;

  constructor(readonly target: Target) {
    this.#socket = createSocket(target.address.includes(":") ? "udp6" : "udp4");
    this.#socket.on("message", (message, { address, port }) => this.#receive(message, address, port));
    this.#socket.on("error", () => {}); // unreachable for a while
    setInterval(() => this.#send(), everyMs);
  }

  begin(): void {
    [this.answers, this.#from] = [0, this.#next];
  }

  #send(): void {
    const message = Buffer.alloc(numberLength);
    message.writeUInt32BE(this.#next++);
    this.#socket.send(message, this.target.echoPort, this.target.address, () => {});
  }

  #receive(message: Buffer, address: string, port: number): void {
    const number = message.length > numberLength ? message.readUInt32BE(0) : Number.NaN;
    const server = message.toString("utf8", numberLength);
    if (!(number < this.#next) || address !== this.target.address || port !== this.target.echoPort) {
      this.wrong += 1;
      return;
    }
    if (number < this.#from) return;
    this.server ||= server;
    this.answers += 1;
    if (server !== this.server) this.strayed += 1;
  }
}

const flows = Array.from(
  { length: plan.count },
  (_, number) => new Flow(plan.targets[number % plan.targets.length] as Target),
);

answerQuestions(({ type }: FlowsQuestion): FlowsReport => {
  if (type === "begin") for (const flow of flows) flow.begin();
  return {
    answered: flows.filter(({ answers }) => answers > 0).length,
    strayed: flows.filter(({ strayed }) => strayed > 0).length,
    wrong: flows.reduce((sum, { wrong }) => sum + wrong, 0),
  };
});
