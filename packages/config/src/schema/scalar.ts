/**
 * The single values of a configuration. Each is a text or a number that is checked and turned into the model's value
 * in one place; `title`, `description` and `examples` go into the JSON Schema and the reference.
 */
import {
  type Endpoint,
  formatDuration,
  type IpAddress,
  type Millis,
  millisOf,
  type Prefix,
  parseAddress,
  parseDuration,
  parseEndpoint,
  parsePrefix,
} from "@vipair/model";
import { z } from "zod";
import { describe, quote } from "../problem.js";
import { whyNotCarried, whyNotUnicast } from "./carried.js";

/** An endpoint that takes over a protocol from elsewhere when it does not say its own. */
export interface PeerEndpoint {
  readonly endpoint: Endpoint;
  readonly protocolWritten: boolean;
}

/** A value, or why the text is none. */
type Parsed<T> = { readonly value: T } | { readonly why: string };

interface Meta {
  readonly title: string;
  /** What the value is, as in "expected …". */
  readonly expected: string;
  readonly pattern?: string;
  readonly examples: readonly string[];
}

function text<T>({ expected, ...meta }: Meta, parse: (text: string) => Parsed<T>) {
  const schema = z.string({
    error: ({ input }) =>
      input === undefined || input === null ? undefined : `expected ${expected}, found ${describe(input)}`,
  });
  const parsed = schema.transform((input, context): T => {
    const result = parse(input);
    if ("value" in result) return result.value;
    context.issues.push({ code: "custom", message: result.why, input });
    return z.NEVER;
  });
  return parsed.meta({ ...meta, examples: [...meta.examples] });
}

/** `undefined` means that the text is not what was expected. */
const expecting = <T>(expected: string, input: string, value: T | undefined): Parsed<T> =>
  value === undefined ? { why: `expected ${expected}, found ${quote(input)}` } : { value };

const durationHint = "a duration with its unit, such as 100ms, 2s, 10m or 1h";

/** A duration from `min` to `max`. */
export function duration(min: string, max: string) {
  const [low, high] = [parseDuration(min) ?? millisOf(0), parseDuration(max) ?? millisOf(0)];
  const meta = {
    title: `duration, ${min} to ${max}`,
    expected: durationHint,
    pattern: "^\\d{1,9}(ms|s|m|h|d)$",
    examples: [],
  };
  return text<Millis>(meta, (input) => {
    const value = parseDuration(input);
    if (value === undefined || (value >= low && value <= high)) return expecting(durationHint, input, value);
    return { why: `expected a duration from ${min} to ${max}, found ${formatDuration(value)}` };
  });
}

/** A whole number from `min` to `max`. */
export const wholeNumber = (min: number, max: number) => z.int().min(min).max(max);

export const namePattern = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;
export const nameHint = "a letter, then up to 31 letters, digits, - or _";

export const name = text<string>(
  { title: "name", expected: "a name", pattern: namePattern.source, examples: ["mail"] },
  (input) => (namePattern.test(input) ? { value: input } : { why: `${quote(input)} is not a name: ${nameHint}` }),
);

export const address = text<IpAddress>(
  { title: "address", expected: "an IP address", examples: ["192.0.2.1", "2001:db8::1"] },
  (input) => {
    const value = parseAddress(input);
    const why = value === undefined ? undefined : whyNotUnicast(value);
    return why === undefined
      ? expecting("an IP address", input, value)
      : { why: `no interface can carry ${input}: ${why}` };
  },
);

const prefixHint = "an address with the length of its network, such as 198.51.100.10/24";

export const prefix = text<Prefix>(
  { title: "address/length", expected: prefixHint, examples: ["198.51.100.10/24"] },
  (input) => {
    const value = parsePrefix(input);
    const why = value === undefined ? undefined : whyNotCarried(value);
    return why === undefined
      ? expecting(prefixHint, input, value)
      : { why: `no interface can carry ${quote(input)}: ${why}` };
  },
);

const endpointHint = "an address with a port, such as 198.51.100.10:443, 198.51.100.10:53/udp or [2001:db8::1]:443";
const endpointMeta = {
  title: "address:port",
  expected: endpointHint,
  examples: ["198.51.100.10:443", "[2001:db8::10]:53/udp"],
};

function parseUnicastEndpoint(input: string): Parsed<Endpoint> {
  const value = parseEndpoint(input);
  const why = value === undefined ? undefined : whyNotUnicast(value.address);
  return why === undefined ? expecting(endpointHint, input, value) : { why: `no host can have ${input}: ${why}` };
}

export const endpoint = text<Endpoint>(endpointMeta, parseUnicastEndpoint);

export const peerEndpoint = text<PeerEndpoint>(endpointMeta, (input) => {
  const parsed = parseUnicastEndpoint(input);
  return "why" in parsed ? parsed : { value: { endpoint: parsed.value, protocolWritten: /\/(tcp|udp)$/.test(input) } };
});

export const interfaceName = text<string>(
  { title: "interface", expected: "the name of an interface", examples: ["eth0"] },
  (input) =>
    // IFNAMSIZ, linux/if.h: 16 bytes with the closing zero.
    /^(?!\.{1,2}$)[!-.0-~]{1,15}$/.test(input)
      ? { value: input }
      : { why: `${quote(input)} cannot be the name of an interface` },
);

export const file = text<string>(
  { title: "absolute path", expected: "the path of a file", pattern: "^/", examples: [] },
  (input) =>
    /^\/[^\0]+$/.test(input)
      ? { value: input }
      : { why: `expected an absolute path (it starts with /), found ${quote(input)}` },
);

export const urlPath = text<string>(
  { title: "path", expected: "the path of a URL", pattern: "^/", examples: ["/health"] },
  (input) =>
    /^\/[!-~]*$/.test(input)
      ? { value: input }
      : { why: `expected the path of a URL (it starts with / and has no spaces), found ${quote(input)}` },
);

export const hostName = text<string>(
  { title: "host name", expected: "a host name", examples: ["mail.example.com"] },
  (input) =>
    /^[A-Za-z0-9._:[\]-]{1,255}$/.test(input)
      ? { value: input }
      : { why: `expected a host name, found ${quote(input)}` },
);
