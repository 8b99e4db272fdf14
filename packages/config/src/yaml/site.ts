import type { Complaint, Finding, Path } from "../problem.js";

/** Where a value stands in the text, as offsets. Sites form a tree of the same shape as the document. */
export interface Site {
  /** The key in front of the value; absent for the root and for entries of lists. */
  readonly key: number | undefined;
  readonly value: number;
  /** A mapping or list written over several lines, without brackets. */
  readonly block: boolean;
  readonly children: ReadonlyMap<string | number, Site> | undefined;
}

/** The offset a complaint points to; a path that the document lacks leads to the nearest thing above it. */
export function locate(root: Site, { path, aim, message, severity }: Complaint): Finding {
  const { site, found } = nearestSite(root, path);
  const aimed = found === path.length ? aim : "collection";
  return { offset: offsetOf(site, aimed), path, message, severity };
}

function nearestSite(root: Site, path: Path): { readonly site: Site; readonly found: number } {
  let site = root;
  for (const [index, step] of path.entries()) {
    const child = site.children?.get(step);
    if (child === undefined) return { site, found: index };
    site = child;
  }
  return { site, found: path.length };
}

function offsetOf(site: Site, aim: Complaint["aim"]): number {
  switch (aim) {
    case "key":
      return site.key ?? site.value;
    case "value":
      return site.value;
    case "collection":
      return site.block ? (site.key ?? site.value) : site.value;
  }
}
