import type { NodeEffect } from "../../node/effect.js";

/** What the agent performs, in the order given. */
export type RouterEffect =
  | NodeEffect
  /** An ADVERTISEMENT of this priority, on every link. */
  | { readonly type: "sendAdvertisement"; readonly priority: number };
