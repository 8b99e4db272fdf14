import Table from "cli-table3";
import ora from "ora";
import type { Row } from "../failover/row.js";

/** Where the lab speaks to people: standard output, or standard error when that belongs to the figures. */
export class Screen {
  readonly #stream: NodeJS.WriteStream;

  constructor(json: boolean) {
    this.#stream = json ? process.stderr : process.stdout;
  }

  say(text = ""): void {
    this.#stream.write(`${text}\n`);
  }

  /** Shows that something is going on; on a terminal in one line that moves, elsewhere as a plain line. */
  async during<T>(title: string, work: Promise<T>): Promise<T> {
    // A terminal that does not know its width would keep the spinner busy for ever.
    if (!this.#stream.isTTY || !(this.#stream.columns > 0)) {
      this.say(`${title} …`);
      return work;
    }
    const spinner = ora({ text: title, stream: this.#stream, discardStdin: false }).start();
    try {
      const result = await work;
      spinner.succeed();
      return result;
    } catch (error) {
      spinner.fail();
      throw error;
    }
  }

  row(row: Row): void {
    const owners = row.twoOwners ? "TWO OWNERS" : "one owner";
    const http = `HTTP: ${row.httpFailed} failed, slowest ${row.httpSlowestMs} ms`;
    const tcp = row.connections ? `${lostOf(row)} connections lost; ` : "";
    this.say(`  gap ${row.gapMs} ms, ${row.lost} datagrams lost; ${http}; ${tcp}${owners} (${row.bound})`);
    for (const missed of row.missed) this.say(`  MISSED: ${missed}`);
  }

  table(rows: readonly Row[]): void {
    const table = new Table({
      head: [
        "what happened",
        "gap ms",
        "lost",
        "HTTP failed",
        "slowest ms",
        "TCP lost",
        "two owners",
        "bound",
        "result",
      ],
      style: { head: [], border: [] },
    });
    for (const row of rows) {
      const { title, gapMs, lost, httpFailed, httpSlowestMs, twoOwners, bound, missed } = row;
      const result = missed.length === 0 ? "pass" : "FAIL";
      const owners = twoOwners ? "yes" : "no";
      table.push([title, gapMs, lost, httpFailed, httpSlowestMs, lostOf(row), owners, bound, result]);
    }
    this.say(table.toString());
  }
}

const lostOf = ({ connections }: Row): string => (connections ? `${connections.lost} of ${connections.of}` : "");
