import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import type { Finding, Path } from "../problem.js";
import { quote } from "../problem.js";
import type { Site } from "./site.js";

/** Stands for a value that the reader has already complained about. */
export const unreadable: unique symbol = Symbol("unreadable");

/** Values in a document after its aliases are expanded. */
export const maxValues = 1_000_000;

export interface Plain {
  /** `undefined` when there are too many values to go on. */
  readonly value: unknown;
  readonly site: Site;
  readonly findings: readonly Finding[];
}

/** Turns YAML nodes into plain values; anchors, aliases and merge keys (`<<`) are resolved on the way. */
export function readPlain(root: Node): Plain {
  const reader = new PlainReader();
  const { value, site } = reader.read(root, [], undefined);
  return { value: reader.exhausted ? undefined : value, site, findings: reader.findings };
}

interface Read {
  readonly value: unknown;
  readonly site: Site;
  /** Values in it, itself included. */
  readonly size: number;
}

/** A mapping under construction. Without a prototype, so that no key has a meaning of its own. */
interface Entries {
  readonly values: Record<string, unknown>;
  readonly children: Map<string | number, Site>;
}

class PlainReader {
  readonly findings: Finding[] = [];
  exhausted = false;
  /** What an anchor stands for; `open` while we are still inside it. */
  private readonly anchors = new Map<string, Read | "open">();
  private count = 0;

  read(node: Node | null, path: Path, key: number | undefined): Read {
    if (node === null) return this.leaf(null, key ?? 0, key);
    if (isAlias(node)) return this.readAlias(node, path, key);
    const anchor = "anchor" in node ? node.anchor : undefined;
    if (anchor !== undefined) this.anchors.set(anchor, "open");
    const read = this.readNode(node, path, key);
    if (anchor !== undefined) this.anchors.set(anchor, read);
    return read;
  }

  private readNode(node: Node, path: Path, key: number | undefined): Read {
    this.spend(1, offsetOf(node));
    if (this.exhausted) return this.leaf(null, offsetOf(node), key);
    if (isMap<Node, Node | null>(node)) return this.readMapping(node, path, key);
    if (isSeq<Node>(node)) return this.readList(node, path, key);
    return this.leaf(isScalar(node) ? scalarValue(node) : null, offsetOf(node), key);
  }

  private readMapping(node: YAMLMap<Node, Node | null>, path: Path, key: number | undefined): Read {
    const before = this.count;
    const entries: Entries = { values: Object.create(null), children: new Map() };
    const merged: Read[] = [];
    for (const pair of node.items) {
      if (isMergeKey(pair)) merged.push(this.read(pair.value, path, offsetOf(pair.key)));
      else this.readEntry(pair, path, entries);
    }
    for (const source of merged) this.merge(source, entries, path);
    const site = { key, value: offsetOf(node), block: node.flow !== true, children: entries.children };
    return { value: entries.values, site, size: this.count - before + 1 };
  }

  private readEntry(pair: Pair<Node, Node | null>, path: Path, { values, children }: Entries): void {
    const offset = offsetOf(pair.key);
    const name = isScalar(pair.key) ? keyText(pair.key) : undefined;
    if (name === undefined || name === "__proto__") {
      this.complain(offset, path, "a key must be plain text");
      this.read(pair.value, path, offset);
      return;
    }
    const entryPath = [...path, name];
    const { value, site } = this.read(pair.value, entryPath, offset);
    if (children.has(name)) {
      this.complain(offset, entryPath, `the key ${quote(name)} is given twice`);
      return;
    }
    values[name] = value;
    children.set(name, site);
  }

  private readList(node: YAMLSeq<Node>, path: Path, key: number | undefined): Read {
    const before = this.count;
    const reads = node.items.map((item, index) => this.read(item, [...path, index], undefined));
    const children = new Map(reads.map(({ site }, index) => [index, site]));
    const site = { key, value: offsetOf(node), block: node.flow !== true, children };
    return { value: reads.map(({ value }) => value), site, size: this.count - before + 1 };
  }

  private readAlias(node: Alias, path: Path, key: number | undefined): Read {
    const offset = offsetOf(node);
    const target = this.anchors.get(node.source);
    if (target === undefined || target === "open") {
      const why = target === undefined ? "refers to no anchor above it" : "refers to a value that contains it";
      this.complain(offset, path, `the alias *${node.source} ${why}`);
      return this.leaf(unreadable, offset, key);
    }
    this.spend(target.size, offset);
    const site = { key, value: offset, block: false, children: target.site.children };
    return { value: this.exhausted ? null : target.value, site, size: target.size };
  }

  /** https://yaml.org/type/merge.html: what the mapping itself says wins, then the first of several sources. */
  private merge(source: Read, { values, children }: Entries, path: Path): void {
    const sources = Array.isArray(source.value)
      ? source.value.map((value, index) => ({ value, site: source.site.children?.get(index) }))
      : [source];
    for (const { value, site } of sources) {
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        this.complain(source.site.value, path, "only a mapping, or a list of mappings, can be merged");
        continue;
      }
      for (const [name, child] of site?.children ?? []) {
        if (typeof name !== "string" || children.has(name)) continue;
        values[name] = (value as Record<string, unknown>)[name];
        children.set(name, child);
      }
    }
  }

  private leaf(value: unknown, offset: number, key: number | undefined): Read {
    return { value, site: { key, value: offset, block: false, children: undefined }, size: 1 };
  }

  private spend(values: number, offset: number): void {
    this.count += values;
    if (this.exhausted || this.count <= maxValues) return;
    this.exhausted = true;
    this.complain(offset, [], `the document has more than ${maxValues} values, aliases expanded`);
  }

  private complain(offset: number, path: Path, message: string): void {
    this.findings.push({ offset, path, message, severity: "error" });
  }
}

const offsetOf = (node: Node | null): number => node?.range?.[0] ?? 0;

const isMergeKey = (pair: Pair<Node, Node | null>): boolean =>
  isScalar(pair.key) && pair.key.value === "<<" && pair.key.type === "PLAIN";

/** A key as it was written: `80:` is the text "80". */
function keyText(key: Scalar): string | undefined {
  if (typeof key.value === "string") return key.value;
  return key.source === undefined || key.source === "" ? undefined : key.source;
}

function scalarValue({ value, source }: Scalar): unknown {
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return value;
  return source ?? String(value);
}
