import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openNotifier } from "@vipair/kernel";
import { Command, InvalidArgumentError, Option } from "commander";
import { ConfigError, nodeName, readConfigFile } from "./config/file.js";
import { openDaemon } from "./daemon.js";
import { type LogLevel, logLevels, openLog } from "./log.js";

/** EX_CONFIG of sysexits.h. */
const configStatus = 78;

interface Options {
  readonly config: string;
  readonly node?: string;
  readonly socket: string;
  readonly check?: boolean;
  readonly supervised?: boolean;
  readonly logLevel: LogLevel;
  /** `false` with `--no-recordings`. */
  readonly recordings?: string | false;
  readonly recordingSize: number;
}

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};

const command = new Command("vipaird")
  .description("one node of a clustered pair of layer-4 load balancers")
  .version(version)
  .option("--config <file>", "the configuration, the same on both nodes", "/etc/vipair/vipair.yaml")
  .option("--node <name>", "which node of the pair this is (default: the host name)")
  .option("--socket <path>", "the control socket", "/run/vipair/vipaird.sock")
  .option("--supervised", "a service manager starts it again when it dies: ends without a stop are counted", false)
  .option("--check", "print every problem of the configuration and exit: 0 good, 78 wrong")
  .option("--recordings <directory>", "where recordings and events are kept (default: $STATE_DIRECTORY/recordings)")
  .option("--no-recordings", "keep nothing on disk")
  .option("--recording-size <MiB>", "when a file is full; there are two for each machine", readSize, 8)
  .addOption(new Option("--log-level <level>", "least level that is logged").choices(logLevels).default("info"))
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

const options = command.parse().opts<Options>();
try {
  if (options.check === true) check(options);
  else await run(options);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(error.report);
  process.exit(configStatus);
}

function check({ config, node }: Options): void {
  const file = readConfigFile(config);
  if (node !== undefined) nodeName(file.config, node);
  process.stderr.write(file.warnings);
  process.stdout.write(`${config}: good\n`);
}

async function run(options: Options): Promise<void> {
  const { config, node: given, socket: socketPath, supervised = false, logLevel } = options;
  const initial = readConfigFile(config);
  const node = nodeName(initial.config, given);
  const log = openLog(logLevel, node);
  if (initial.warnings !== "") log.warn(initial.warnings.trimEnd());
  const notifier = openNotifier();
  const recordings = recordingsDirectory(options);
  const recordingBytes = options.recordingSize << 20;
  const state = process.env.STATE_DIRECTORY;
  const endsFile = state === undefined ? undefined : join(state, "ends.json");
  const files = { configFile: config, socketPath, supervised, endsFile, recordings, recordingBytes };
  const opening = openDaemon({ ...files, initial, node, version, log });
  // From here on, so that a stop during the start waits for it and leaves nothing in the kernel.
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    notifier.stopping();
    await (await opening).stop();
    process.exit(0);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.on("SIGHUP", async () => (await opening).reload());
  await opening;
  if (!stopping) notifier.ready();
  // A loop that is stuck for too long is ended by the service manager, and started again.
  if (notifier.watchdogUsec !== undefined) setInterval(notifier.watchdog, notifier.watchdogUsec / 2_000);
}

/** The service manager's directory for what outlives a boot, or beside what else is kept with the control socket. */
function recordingsDirectory({ recordings, socket }: Options): string | undefined {
  if (recordings === false) return undefined;
  const state = process.env.STATE_DIRECTORY;
  if (recordings !== undefined) return recordings;
  return state === undefined ? socket.replace(/(\.sock)?$/, ".recordings") : join(state, "recordings");
}

function readSize(text: string): number {
  const size = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (size === 0 || size > 1_024) throw new InvalidArgumentError("Write a whole number of MiB, 1 to 1024.");
  return size;
}
