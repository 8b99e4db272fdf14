export { configDigest } from "./digest.js";
export { formatProblems } from "./format.js";
export { findNode, findPeer } from "./node.js";
export { type ParseResult, parseConfig } from "./parse.js";
export type { Problem, Severity } from "./problem.js";
