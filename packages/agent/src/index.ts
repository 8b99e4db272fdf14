import { fileURLToPath } from "node:url";

export * from "./message.js";
export { deriveKey, readSecret } from "./secret.js";

/** The program to fork. */
export const agentProgram = fileURLToPath(new URL("./main.js", import.meta.url));
