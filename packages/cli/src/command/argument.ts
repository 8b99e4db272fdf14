import { type Millis, parseDuration } from "@vipair/model";
import { InvalidArgumentError } from "commander";

export interface ServerName {
  readonly service: string;
  readonly server: string;
}

/** Reads `SERVICE/SERVER`. */
export function readServerName(text: string): ServerName {
  const match = /^([^/]+)\/([^/]+)$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) throw new InvalidArgumentError("Write SERVICE/SERVER.");
  return { service: match[1], server: match[2] };
}

/** Reads a whole number from 1 on. */
export function readCount(text: string): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count === 0) throw new InvalidArgumentError("Write a whole number, at least 1.");
  return count;
}

/** Reads `30s`, `10m`, `1h`; at least a millisecond. */
export function readDuration(text: string): Millis {
  const duration = parseDuration(text);
  if (duration === undefined || duration === 0) throw new InvalidArgumentError("Write a duration such as 30s or 10m.");
  return duration;
}
