import { Command, Option } from "commander";
import { addServerAdmin } from "./command/admin.js";
import { addCompletion } from "./command/completion.js";
import { addConfig } from "./command/config.js";
import { addConnections } from "./command/connections.js";
import { defaultSocketPath } from "./command/context.js";
import { addEvents } from "./command/events.js";
import { addFailover, addMaintenance } from "./command/failover.js";
import { addKeygen } from "./command/keygen.js";
import { addServers, addServices, addStatus } from "./command/status.js";
import { addSync } from "./command/sync.js";
import { addTuning } from "./command/tuning.js";
import { addWatch } from "./command/watch.js";
import { addWhy } from "./command/why.js";
import { readVersion } from "./version.js";

/** The command line of `vipair`; commander's own complaints are thrown, not exited with. */
export function buildProgram(): Command {
  const program = new Command("vipair")
    .description("Shows and steers a pair of load balancers, through the daemon on this node.")
    .version(readVersion(), "-V, --version", "print the version")
    .addOption(
      new Option("--socket <path>", "the daemon's control socket").env("VIPAIR_SOCKET").default(defaultSocketPath),
    )
    .option("--json", "answer in JSON")
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  addStatus(program);
  addWatch(program);
  addFailover(program);
  addMaintenance(program);
  addServices(program);
  addServers(program);
  addServerAdmin(program);
  addConnections(program);
  addSync(program);
  addTuning(program);
  addEvents(program);
  addConfig(program);
  addWhy(program);
  addKeygen(program);
  addCompletion(program);
  return program;
}
