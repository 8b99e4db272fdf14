import type { ConnectionReport, Protection } from "@vipair/model";
import type { Paint } from "./mark.js";
import { type Column, tableLines } from "./table.js";
import { secondsText } from "./time.js";

/** The connections that a reader wants to see first: unprotected ones, then by service, server and client. */
export class Ranking {
  /** How many there were. */
  count = 0;
  #ranked: { readonly rank: string; readonly connection: ConnectionReport }[] = [];

  constructor(readonly limit: number) {}

  add(connection: ConnectionReport): void {
    this.count++;
    this.#ranked.push({ rank: rankOf(connection), connection });
    if (this.#ranked.length >= 2 * this.limit) this.#cut();
  }

  /** In order, no more than the limit. */
  best(): readonly ConnectionReport[] {
    this.#cut();
    return this.#ranked.map(({ connection }) => connection);
  }

  #cut(): void {
    this.#ranked.sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0));
    this.#ranked.length = Math.min(this.#ranked.length, this.limit);
  }
}

/** Numbers in addresses compare as numbers. */
function rankOf({ protection, service, server, client }: ConnectionReport): string {
  const first = protection === "no" ? 0 : protection === "sent" ? 1 : 2;
  return `${first} ${service} ${server} ${client}`.replace(/\d+/g, (digits) => digits.padStart(5, "0"));
}

const columns: readonly Column[] = [
  { title: "SERVICE" },
  { title: "PROTO" },
  { title: "CLIENT" },
  { title: "LISTENER" },
  { title: "SERVER" },
  { title: "STATE" },
  { title: "LEFT", align: "right" },
  { title: "STANDBY" },
];

/** `vipair connections`: a line for each, and how many are left out. */
export function connectionsLines(ranking: Ranking, paint: Paint): string[] {
  const shown = ranking.best();
  if (shown.length === 0) return ["no connections"];
  const [head = "", ...rows] = tableLines(
    columns,
    shown.map((connection) => [
      connection.service,
      connection.protocol,
      connection.client,
      connection.listener,
      connection.serverName === undefined ? connection.server : `${connection.serverName} ${connection.server}`,
      connection.state,
      secondsText(connection.timeLeft),
      protectionMark(connection.protection, paint),
    ]),
  );
  const more = ranking.count - shown.length;
  return [paint.dim(head), ...rows, ...(more > 0 ? [`… and ${more} more; --limit N shows N, --json all`] : [])];
}

/** The standby has it, gets it, lacks it; it is still being opened; this is the standby, and has it. */
function protectionMark(protection: Protection, paint: Paint): string {
  switch (protection) {
    case "yes":
    case "held":
      return protection;
    case "sent":
    case "opening":
      return paint.yellow(protection);
    case "no":
      return paint.red("no");
  }
}
