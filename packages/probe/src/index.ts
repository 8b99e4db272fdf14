export type { ProbeResult } from "./attempt.js";
export { probe, probeAll } from "./probe.js";
