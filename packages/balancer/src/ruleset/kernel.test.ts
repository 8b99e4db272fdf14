import { execFileSync } from "node:child_process";
import { type Family, millisOf } from "@vipair/model";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endpoint } from "../example.js";
import { renderEdits } from "./edits.js";
import { clientMap } from "./name.js";
import { isPersistent } from "./persistence.js";
import { renderRuleset } from "./render.js";
import type { Ruleset, ServiceRules } from "./ruleset.js";

/** Edits in a real kernel. Needs root, nft and ip. */
const host = `vpe${process.pid}`;

beforeAll(() => void execFileSync("ip", ["netns", "add", host]));
afterAll(() => void execFileSync("ip", ["netns", "delete", host]));

describe("edits in the kernel", { timeout: 300_000 }, () => {
  it("lead where the whole ruleset leads, and keep the counters and clients of what stays", () => {
    fc.assert(
      fc.property(changes, ({ from, to }) => {
        load(from);
        const before = list();
        apply(renderEdits(from, to));
        const after = list();
        apply(renderRuleset(to));
        expect(after).toEqual(kept(list(), before));
      }),
      { numRuns: 80 },
    );
  });
});

const client = { 4: "192.0.2.0", 6: "2001:db8:1::" } as const;

/** Puts the ruleset in, as if connections had passed. */
function load(ruleset: Ruleset): void {
  const counted = renderRuleset(ruleset).replace(/^( {2}counter \S+) \{ \}$/gm, "$1 { packets 7 bytes 0 }");
  const remembered = ruleset.services
    .filter(isPersistent)
    .map(({ name, listen }) => `add element inet vipair ${clientMap(name)} { ${client[listen.address.family]} : 5 }\n`);
  apply(`${counted}${remembered.join("")}`);
}

interface Listed {
  /** What it is declared as. */
  readonly declared: Readonly<Record<string, unknown>>;
  /** The rules of a chain in their order; the elements of a set, sorted; the value of a counter. */
  readonly content: readonly unknown[];
}

/** What the kernel has of the table, by name: `chain service/a`. */
function list(): Readonly<Record<string, Listed>> {
  const { nftables } = JSON.parse(nft(["-j", "list", "table", "inet", "vipair"])) as {
    nftables: Record<string, Listing>[];
  };
  const listed: Record<string, { declared: Record<string, unknown>; content: unknown[] }> = {};
  for (const object of nftables) {
    const [kind = "", { handle: _, elem, packets, ...declared }] = Object.entries(object)[0] ?? ["", {}];
    if (kind === "rule") listed[`chain ${declared.chain}`]?.content.push(declared.expr);
    else listed[`${kind} ${declared.name}`] = { declared, content: packets === undefined ? sorted(elem) : [packets] };
  }
  return listed;
}

interface Listing {
  readonly handle?: number;
  readonly name?: string;
  readonly chain?: string;
  readonly expr?: unknown;
  readonly elem?: readonly unknown[];
  readonly packets?: number;
}

/** Without the time that elements have left. */
const sorted = (elements: readonly unknown[] = []): string[] =>
  elements.map((element) => JSON.stringify(element, (key, value) => (key === "expires" ? undefined : value))).sort();

/** With what counters and maps of clients had before, if they are still the same. */
const kept = (listed: ReturnType<typeof list>, before: ReturnType<typeof list>): ReturnType<typeof list> =>
  Object.fromEntries(
    Object.entries(listed).map(([name, object]) => {
      const same = JSON.stringify(before[name]?.declared) === JSON.stringify(object.declared);
      return [name, same && /^(counter|map clients\/)/.test(name) ? (before[name] ?? object) : object];
    }),
  );

const apply = (script: string): string => nft(["-f", "-"], script);

const nft = (words: readonly string[], input = ""): string =>
  execFileSync("ip", ["netns", "exec", host, "nft", ...words], {
    input,
    encoding: "utf8",
    stdio: ["pipe", "pipe", "pipe"],
  });

const hosts = { 4: ["10.0.0.1", "10.0.0.2", "10.0.0.3"], 6: ["[fd00::1]", "[fd00::2]", "[fd00::3]"] } as const;
const own = { 4: "198.51.100.10", 6: "[2001:db8::10]" } as const;

const shape = fc.record({
  family: fc.constantFrom<Family[]>(4, 6),
  suffix: fc.constantFrom("", "/udp"),
  port: fc.constantFrom(0, 1),
  kind: fc.constantFrom("balanced", "balanced", "balanced", "redirect"),
  redirectPort: fc.constantFrom(undefined, 8080, 8081),
  mode: fc.constantFrom("nat" as const, "snat" as const),
  scheduler: fc.constantFrom("roundRobin" as const, "random" as const, "sourceHash" as const),
  persistence: fc.option(
    fc.record({
      prefix: fc.constantFrom(24, 32),
      timeout: fc.constantFrom(millisOf(60_000), millisOf(3_600_000)),
      clients: fc.constantFrom(10, 100),
    }),
    { nil: undefined },
  ),
  mark: fc.constantFrom(0, 0x100),
  servers: fc.subarray([0, 1, 2]),
  names: fc.constantFrom(["x", "y", "z"], ["z", "y", "x"]),
  eligible: fc.subarray([0, 1, 2]),
  weight: fc.constantFrom(1, 2),
  sorry: fc.boolean(),
});

type Shape = typeof shape extends fc.Arbitrary<infer Value> ? Value : never;

/** The services `a`, `b` and `c` share listeners' addresses and servers; each has ports and marks of its own. */
function rulesOf(index: number, drawn: Shape): ServiceRules {
  const { family, suffix, port, redirectPort, mode, scheduler, persistence, weight } = drawn;
  const name = "abc".charAt(index);
  const listen = endpoint(`${own[family]}:${100 * (index + 1) + port}${drawn.kind === "redirect" ? "" : suffix}`);
  if (drawn.kind === "redirect") return { kind: "redirect", name, listen, port: redirectPort };
  const at = (host: number) => endpoint(`${hosts[family][host]}:80${suffix}`);
  const servers = drawn.servers.map((host) => ({ name: drawn.names[host] ?? "", address: at(host) }));
  const eligible = drawn.eligible.filter((host) => drawn.servers.includes(host));
  return {
    kind: "balanced",
    name,
    listen,
    mode,
    scheduler,
    persistence,
    mark: 0x5650_0000 + drawn.mark + index,
    servers,
    eligible: eligible.map((host) => ({ name: drawn.names[host] ?? "", weight })),
    sorry: drawn.sorry ? endpoint(`${hosts[family][2]}:90${suffix}`) : undefined,
  };
}

/** A service comes, goes, changes in one thing, changes in everything, or stays. */
const serviceChange = fc
  .record({
    from: fc.option(shape, { nil: undefined }),
    other: fc.option(shape, { nil: undefined }),
    what: fc.constantFrom("nothing", "all", ...(["servers", "eligible", "persistence", "scheduler", "mode"] as const)),
  })
  .map(({ from, other, what }) => {
    if (what === "nothing") return { from, to: from };
    if (what === "all" || from === undefined || other === undefined) return { from, to: other };
    return { from, to: { ...from, [what]: other[what] } };
  });

const policy = fc.constantFrom("drop" as const, "reset" as const, "passOn" as const);

const changes = fc
  .record({ services: fc.tuple(serviceChange, serviceChange, serviceChange), strays: fc.tuple(policy, policy) })
  .map(({ services, strays }) => {
    const pairs = services.map(({ from, to }, index) => {
      const before = from && rulesOf(index, from);
      return { before, after: from === to ? before : to && rulesOf(index, to) };
    });
    const present = (rules: readonly (ServiceRules | undefined)[]) => rules.filter((rules) => rules !== undefined);
    const from: Ruleset = { strays: strays[0], services: present(pairs.map(({ before }) => before)) };
    const to: Ruleset = { strays: strays[1], services: present(pairs.map(({ after }) => after)).reverse() };
    return { from, to };
  });
