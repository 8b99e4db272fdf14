/**
 * The part of YAML that nearly every configuration is written in: blocks of mappings and lists, brackets that end on their
 * line, words, whole numbers, and quoted text without escapes. The library, which reads all of YAML, takes many times as
 * long, and that would be most of the time of a reload with a thousand services.
 */
import type { Site } from "./site.js";

/** A value and where it stands. */
export interface Simple {
  readonly value: unknown;
  readonly site: Site;
}

/** @returns what the library would read; `undefined` for anything else, right or wrong, which is for the library */
export function readSimple(text: string): Simple | undefined {
  if (otherCharacters.test(text)) return undefined;
  try {
    return new SimpleReader(text).read();
  } catch (error) {
    if (error instanceof NotSimple) return undefined;
    throw error;
  }
}

class NotSimple extends Error {}

/** Tabs, other line ends, what cannot be printed, and what takes two units of UTF-16. */
const otherCharacters = /[^\n -~\u00a1-\u2027]/;
/** Brackets and blocks in one another. */
const maxDepth = 16;

const spaces = / */y;
/** What may follow the last value of a line. */
const lineEnd = /(?: +#.*| *)$/my;
const entry = /- +(?=[^ #\n])/y;
const key = /([A-Za-z0-9_][\w.-]{0,200}):(?= |$)/my;
/** A colon is part of a word when more of the word follows. */
const word = /[\w/](?:[\w/.%@=+~-]|:(?=[\w/.%@=+~:-]))*/y;
const quoted = /"([^"\\\n]*)"|'([^'\n]*)'/y;
const comma = / *, *(?=[^ ,}\]])/y;

/** The beginning of a block's line, behind its indentation. */
interface Start {
  readonly at: number;
  readonly indent: number;
}

class SimpleReader {
  /** Lines that have something on them; the next one is at `#line`. */
  readonly #lines: Start[] = [];
  #line = 0;
  /** Behind what was read last on the line. */
  #at = 0;
  #depth = 0;

  constructor(private readonly text: string) {
    for (let begin = 0; begin < text.length; begin = text.indexOf("\n", begin) + 1 || text.length) {
      const at = begin + this.#match(spaces, begin).length;
      if (at < text.length && text[at] !== "\n" && text[at] !== "#") this.#lines.push({ at, indent: at - begin });
    }
  }

  read(): Simple {
    const [first] = this.#lines;
    if (first === undefined || first.indent > 0) throw new NotSimple();
    const root = this.#block(first, undefined);
    if (this.#line < this.#lines.length) throw new NotSimple();
    return root;
  }

  #block(start: Start, behind: number | undefined): Simple {
    const site = { key: behind, value: start.at, block: true };
    return this.#nested(() => (this.#isEntry(start) ? this.#list(start, site) : this.#mapping(start, site)));
  }

  #mapping({ indent }: Start, site: Place): Simple {
    const pairs: Pair[] = [];
    for (let line = this.#next(indent); line !== undefined; line = this.#next(indent)) {
      this.#at = line.at;
      const name = this.#take(key).slice(0, -1);
      pairs.push([name, this.#behindKey(line)]);
    }
    return mappingOf(pairs, site);
  }

  /** On the line of the key, or in the block below it: further in, or a list as far out as the key. */
  #behindKey(line: Start): Simple {
    if (!this.#matches(lineEnd, this.#at)) return this.#restOfLine(line.at);
    this.#line++;
    const below = this.#lines[this.#line];
    if (below === undefined || below.indent < line.indent) throw new NotSimple();
    if (below.indent === line.indent && !this.#isEntry(below)) throw new NotSimple();
    return this.#block(below, line.at);
  }

  #list({ indent }: Start, site: Place): Simple {
    const values: Simple[] = [];
    for (let line = this.#next(indent); line !== undefined && this.#isEntry(line); line = this.#next(indent)) {
      const width = this.#match(entry, line.at).length;
      const inner = { at: line.at + width, indent: indent + width };
      const isBlock = this.#isEntry(inner) || this.#matches(key, inner.at);
      this.#lines[this.#line] = inner;
      this.#at = inner.at;
      values.push(isBlock ? this.#block(inner, undefined) : this.#restOfLine(undefined));
    }
    return listOf(values, site);
  }

  #isEntry(start: Start): boolean {
    return this.#matches(entry, start.at);
  }

  /** The next line, if it belongs to a block with this indentation. */
  #next(indent: number): Start | undefined {
    const line = this.#lines[this.#line];
    if (line === undefined || line.indent < indent) return undefined;
    if (line.indent > indent) throw new NotSimple();
    return line;
  }

  #restOfLine(behind: number | undefined): Simple {
    const value = this.#value(behind);
    this.#take(lineEnd);
    this.#line++;
    return value;
  }

  #value(behind: number | undefined): Simple {
    this.#take(spaces);
    const site = { key: behind, value: this.#at, block: false };
    const first = this.text[this.#at];
    if (first === "{")
      return this.#nested(() =>
        mappingOf(
          this.#brackets("}", () => this.#pair()),
          site,
        ),
      );
    if (first === "[")
      return this.#nested(() =>
        listOf(
          this.#brackets("]", () => this.#value(undefined)),
          site,
        ),
      );
    const value = first === '"' || first === "'" ? this.#take(quoted).slice(1, -1) : wordValue(this.#take(word));
    return { value, site: { ...site, children: undefined } };
  }

  #pair(): Pair {
    const at = this.#at;
    return [this.#take(key).slice(0, -1), this.#value(at)];
  }

  #brackets<Part>(end: string, part: () => Part): Part[] {
    this.#at += 1;
    this.#take(spaces);
    const parts: Part[] = [];
    while (this.text[this.#at] !== end) {
      if (parts.length > 0) this.#take(comma);
      parts.push(part());
      if (!this.#matches(comma, this.#at)) this.#take(spaces);
    }
    this.#at += 1;
    return parts;
  }

  #nested(read: () => Simple): Simple {
    if (++this.#depth > maxDepth) throw new NotSimple();
    const value = read();
    this.#depth--;
    return value;
  }

  /** Goes on behind the pattern, which must be here. */
  #take(pattern: RegExp): string {
    if (!this.#matches(pattern, this.#at)) throw new NotSimple();
    const taken = this.text.slice(this.#at, pattern.lastIndex);
    this.#at = pattern.lastIndex;
    return taken;
  }

  #match(pattern: RegExp, at: number): string {
    return this.#matches(pattern, at) ? this.text.slice(at, pattern.lastIndex) : "";
  }

  #matches(pattern: RegExp, at: number): boolean {
    pattern.lastIndex = at;
    return pattern.test(this.text);
  }
}

type Place = Omit<Site, "children">;
type Pair = readonly [name: string, value: Simple];

function mappingOf(pairs: readonly Pair[], place: Place): Simple {
  const value: Record<string, unknown> = Object.create(null);
  for (const [name, inner] of pairs) value[name] = inner.value;
  const children = new Map(pairs.map(([name, { site }]) => [name, site]));
  if (children.size < pairs.length || children.has("__proto__")) throw new NotSimple();
  return { value, site: { ...place, children } };
}

const listOf = (values: readonly Simple[], place: Place): Simple => ({
  value: values.map(({ value }) => value),
  site: { ...place, children: new Map(values.map(({ site }, index) => [index, site])) },
});

/** Nothing, and numbers of other sorts; an address has more than one point. */
const otherWord = /^(?:null|Null|NULL|0[ox].*|\d+\.?\d*(?:[eE].*)?)$/;

function wordValue(text: string): unknown {
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  if (/^(?:false|False|FALSE)$/.test(text)) return false;
  if (/^(?:0|[1-9]\d{0,14})$/.test(text)) return Number(text);
  if (otherWord.test(text)) throw new NotSimple();
  return text;
}
