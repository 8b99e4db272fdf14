import { type Agent, openAgent } from "./agent.js";
import type { AgentCommand, AgentMessage } from "./message.js";

/** The agent's process: started by the balancer with a process channel, ends with it. */
let agent: Agent | undefined;

/** A balancer that died is noticed by the end of the channel; what could not be told to it any more is no error. */
const tell = (message: AgentMessage, told: () => void = () => undefined): void => {
  if (process.connected) process.send?.(message, undefined, undefined, told);
  else told();
};
const fail = (error: unknown): void =>
  tell({ type: "failed", error: error instanceof Error ? error.message : String(error) }, () => process.exit(1));

process.on("message", (command: AgentCommand) => {
  if (command.type !== "configure") return agent?.command(command);
  try {
    agent = openAgent(command, { tell, exit: () => process.exit(0) });
  } catch (error) {
    fail(error);
  }
});
process.on("disconnect", () => (agent === undefined ? process.exit(0) : agent.balancerClosed()));
// The balancer decides when to stop; what a terminal or a service manager sends reaches the whole process group.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
