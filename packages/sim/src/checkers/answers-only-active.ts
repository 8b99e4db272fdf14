import type { World } from "../world/world.js";
import type { Checker } from "./checker.js";

/** No kernel answers for the addresses when its node is not active, or has no process any more. */
export class AnswersOnlyActive implements Checker {
  readonly name = "answers only active";

  inspect(world: World): string | undefined {
    for (const host of world.hosts) {
      const role = host.agent?.state.role ?? "no process";
      if (role !== "active" && host.ownership.answers()) return `lb${host.index + 1} answers as ${role}`;
    }
    return undefined;
  }
}
