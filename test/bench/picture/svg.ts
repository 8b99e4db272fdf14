/** One element; text inside is to be {@link escaped}. Attributes that are `undefined` are left out, numbers rounded. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  ...inside: readonly string[]
): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) => ` ${key}="${typeof value === "number" ? Math.round(value * 10) / 10 : escaped(value ?? "")}"`,
    )
    .join("");
  return inside.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${inside.join("")}</${name}>`;
}

export const text = (
  x: number,
  y: number,
  content: string,
  { kind = "label", anchor }: { kind?: string; anchor?: "middle" | "end" } = {},
): string => element("text", { x, y, class: kind, "text-anchor": anchor }, escaped(content));

export const line = (x1: number, y1: number, x2: number, y2: number, kind: string): string =>
  element("line", { x1, y1, x2, y2, class: kind });

export const escaped = (content: string): string =>
  content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
