import { createHmac, hkdfSync } from "node:crypto";
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import type { Authenticator } from "@vipair/heartbeat";

const minimumBytes = 16;

/**
 * Reads the pair's secret: base64 text as `vipair keygen` prints it, at least 16 bytes, in a file that only its owner
 * can read.
 *
 * @throws Error with a sentence for the operator
 */
export function readSecret(file: string): Buffer {
  const text = readPrivate(file).trim();
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw new Error(`${file}: not a key as vipair keygen prints it`);
  const secret = Buffer.from(text, "base64");
  if (secret.length < minimumBytes) throw new Error(`${file}: shorter than ${minimumBytes} bytes`);
  return secret;
}

/** Looks at the same file that it reads. */
function readPrivate(file: string): string {
  const fd = openSync(file, "r");
  try {
    if ((fstatSync(fd).mode & 0o077) !== 0) {
      throw new Error(`${file}: readable by others than its owner; chmod 600 it`);
    }
    return readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
}

/** A key for one use, so that what authenticates heartbeats can never be replayed as something else (RFC 5869). */
export function deriveKey(secret: Buffer, pairName: string, use: "heartbeat" | "peer link"): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, `vipair ${pairName}`, use, 32));
}

export function openAuthenticator(key: Buffer): Authenticator {
  return { mac: (bytes) => createHmac("sha256", key).update(bytes).digest() };
}
