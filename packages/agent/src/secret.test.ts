import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { deriveKey, openAuthenticator, readSecret } from "./secret.js";

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "vipair-secret-"));
  file = join(directory, "pair.key");
});
afterEach(() => rmSync(directory, { recursive: true }));

const write = (text: string, mode = 0o600): void => {
  writeFileSync(file, text, { mode });
  chmodSync(file, mode);
};
const secret = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7));

it("reads a key as keygen prints it", () => {
  write(`${secret.toString("base64")}\n`);
  expect(readSecret(file)).toEqual(secret);
});

it.each([0o640, 0o604, 0o620, 0o601])("refuses a file with mode %o", (mode) => {
  write(secret.toString("base64"), mode);
  expect(() => readSecret(file)).toThrow(/chmod 600/);
});

it.each(["", "pass word", "ключ", "AAAA\nAAAA", "=AAA"])("refuses %j", (text) => {
  write(text);
  expect(() => readSecret(file)).toThrow(/keygen/);
});

it("refuses a short key", () => {
  write(secret.subarray(0, 15).toString("base64"));
  expect(() => readSecret(file)).toThrow(/16 bytes/);
  write(secret.subarray(0, 16).toString("base64"));
  expect(readSecret(file)).toHaveLength(16);
});

it("says which file is missing", () => {
  expect(() => readSecret(file)).toThrow(file);
});

it("derives another key for each pair, use and secret", () => {
  const keys = [
    deriveKey(secret, "mail", "heartbeat"),
    deriveKey(secret, "mail", "peer link"),
    deriveKey(secret, "web", "heartbeat"),
    deriveKey(Buffer.alloc(32), "mail", "heartbeat"),
  ].map((key) => key.toString("hex"));
  expect(new Set(keys).size).toBe(4);
  expect(deriveKey(secret, "mail", "heartbeat").toString("hex")).toBe(keys[0]);
});

it("authenticates with HMAC-SHA256 (RFC 4231 § 4.3)", () => {
  const { mac } = openAuthenticator(Buffer.from("Jefe"));
  expect(Buffer.from(mac(Buffer.from("what do ya want for nothing?"))).toString("hex")).toBe(
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
});
