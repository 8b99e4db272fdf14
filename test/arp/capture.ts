/** One line of `tcpdump -n -e -tt arp`. */
export interface ArpFrame {
  /** Seconds since 1970, as tcpdump prints them, in ms. */
  readonly realtimeMs: number;
  readonly sourceMac: string;
  readonly broadcast: boolean;
  readonly kind: "reply" | "request";
  /** Reply: the address that is claimed. Request: the address that is asked for. */
  readonly address: string;
  /** Request: who asks. */
  readonly tell: string | undefined;
}

const line =
  /^(\d+\.\d+) ([\da-f:]{17}) > ([\da-f:]{17}|Broadcast), .*?: (?:Reply ([\d.]+) is-at|(?:Request|Announcement).*? ?(?:who-has )?([\d.]+)(?: \([^)]*\))?(?: tell ([\d.]+))?)/;

/** Reads a line; `undefined` for what is no ARP request or reply. */
export function parseArp(text: string): ArpFrame | undefined {
  const match = line.exec(text);
  if (match === null) return undefined;
  const [, seconds = "0", sourceMac = "", destination = "", claimed, asked, tell] = match;
  return {
    realtimeMs: Number(seconds) * 1_000,
    sourceMac,
    broadcast: destination === "Broadcast" || destination === "ff:ff:ff:ff:ff:ff",
    kind: claimed === undefined ? "request" : "reply",
    address: claimed ?? asked ?? "",
    tell,
  };
}

/** A frame by which a node says unasked that an address is its own (RFC 5227 § 3). */
export const isAnnouncement = (frame: ArpFrame): boolean =>
  frame.kind === "reply" ? frame.broadcast : frame.tell === undefined || frame.tell === frame.address;
