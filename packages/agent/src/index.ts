import { fileURLToPath } from "node:url";

export type { Freeze } from "./freeze/freeze.js";
export * from "./message.js";
export { deriveKey, readSecret } from "./secret.js";

/** The program to fork. */
export const agentProgram = fileURLToPath(new URL("./main.js", import.meta.url));
