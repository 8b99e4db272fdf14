import type { Host } from "../../topology/host.js";
import { Instrument } from "../instrument.js";
import type { Target } from "../target.js";

export interface FlowsPlan {
  /** These get the flows in turns. */
  readonly targets: readonly Target[];
  readonly count: number;
}

export interface FlowsReport {
  /** Flows of which a datagram was answered that was sent since the window began. */
  readonly answered: number;
  /** Flows that were ever answered by another server than at first. */
  readonly strayed: number;
  /** Answers ever that nobody had asked for or that came from somewhere else. */
  readonly wrong: number;
}

export type FlowsQuestion = { readonly type: "begin" } | { readonly type: "report" };

/** UDP flows from a host: each a socket of its own that sends a datagram every 50 ms to an echo service. */
export class Flows {
  readonly #instrument: Instrument<FlowsQuestion, FlowsReport>;

  constructor(
    host: Host,
    readonly plan: FlowsPlan,
  ) {
    this.#instrument = new Instrument(host, "traffic/flows/program", [JSON.stringify(plan)]);
  }

  /** A window begins. */
  begin(): Promise<FlowsReport> {
    return this.#instrument.ask({ type: "begin" });
  }

  report(): Promise<FlowsReport> {
    return this.#instrument.ask({ type: "report" });
  }

  end(): Promise<number> {
    return this.#instrument.end();
  }
}
