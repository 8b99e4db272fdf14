import type { Draft } from "../draft.js";
import type { Aim, Path, Severity } from "../problem.js";

/** Where rules say what they found. */
export type Complain = (path: Path, message: string, aim?: Aim, severity?: Severity) => void;

/** Something that several parts of a document must fulfil together. */
export type Rule = (draft: Draft, complain: Complain) => void;
