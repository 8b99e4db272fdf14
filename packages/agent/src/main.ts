import { type Agent, openAgent } from "./agent.js";
import type { AgentCommand, AgentMessage } from "./message.js";

/** The agent's process: started by the balancer with a process channel, ends with it. */
let agent: Agent | undefined;

const tell = (message: AgentMessage): void => {
  if (process.connected) process.send?.(message);
};
const fail = (error: unknown): never => {
  tell({ type: "failed", error: error instanceof Error ? error.message : String(error) });
  process.exit(1);
};

process.on("message", (command: AgentCommand) => {
  if (command.type !== "configure") return agent?.command(command);
  try {
    agent = openAgent(command, { tell, exit: () => process.exit(0) });
  } catch (error) {
    fail(error);
  }
});
process.on("disconnect", () => (agent === undefined ? process.exit(0) : agent.balancerClosed()));
// The balancer decides when to stop; a terminal's Ctrl-C reaches the whole process group.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
