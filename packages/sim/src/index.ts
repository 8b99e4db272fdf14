export * from "./kernel/ownership.js";
export { Random } from "./random.js";
export { healedAtMs, type RunOptions, type RunResult, runSeed, type Violation } from "./run.js";
