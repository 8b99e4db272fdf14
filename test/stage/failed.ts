import { afterEach } from "vitest";
import { keepEvidence } from "./evidence.js";

/** For every test of the network: what the nodes recorded outlives its failure. */
afterEach(({ task }) => {
  if (task.result?.state === "fail") keepEvidence(task.name);
});
