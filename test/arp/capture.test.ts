import { expect, test } from "vitest";
import { isAnnouncement, parseArp } from "./capture.js";

const head = "1763798888.123456 02:00:00:00:01:00 >";

test("a reply to somebody", () => {
  const frame = parseArp(
    `${head} 02:00:00:00:00:65, ethertype ARP (0x0806), length 42: Reply 198.51.100.10 is-at 02:00:00:00:01:00, length 28`,
  );
  expect(frame).toEqual({
    realtimeMs: 1763798888123.456,
    sourceMac: "02:00:00:00:01:00",
    broadcast: false,
    kind: "reply",
    address: "198.51.100.10",
    tell: undefined,
  });
  expect(frame && isAnnouncement(frame)).toBe(false);
});

test("a question", () => {
  const frame = parseArp(
    `${head} ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42: Request who-has 198.51.100.10 tell 198.51.100.101, length 28`,
  );
  expect(frame).toMatchObject({ kind: "request", broadcast: true, address: "198.51.100.10", tell: "198.51.100.101" });
  expect(frame && isAnnouncement(frame)).toBe(false);
});

test("gratuitous ARP in both forms is an announcement", () => {
  const texts = [
    `${head} ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42: Request who-has 198.51.100.10 (ff:ff:ff:ff:ff:ff) tell 198.51.100.10, length 28`,
    `${head} ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42: Reply 198.51.100.10 is-at 02:00:00:00:01:00, length 28`,
    `${head} ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42: Announcement 198.51.100.10, length 28`,
  ];
  for (const text of texts) {
    const frame = parseArp(text);
    expect(frame?.address).toBe("198.51.100.10");
    expect(frame && isAnnouncement(frame)).toBe(true);
  }
});

test("anything else is no frame", () => {
  expect(parseArp("tcpdump: listening on client")).toBeUndefined();
});
