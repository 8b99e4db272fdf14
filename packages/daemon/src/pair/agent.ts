import { type ChildProcess, fork } from "node:child_process";
import {
  type AgentCommand,
  type AgentMessage,
  type AgentReport,
  agentProgram,
  type Freeze,
  type RoleChange,
} from "@vipair/agent";
import type { Piece, ServerCount } from "@vipair/model";
import { atBeat } from "../pace.js";

/**
 * The agent as the balancer sees it: a child process that is started again when it dies. It hears a sign of life five
 * times a second; when that stays away it gives up ownership.
 */
export interface AgentProcess {
  readonly report: AgentReport | undefined;
  start(): void;
  setReady(ready: boolean): void;
  setMaintenance(on: boolean): void;
  setTrack(track: string, ok: boolean): void;
  /** The real servers that this node reaches. */
  setServers(servers: ServerCount): void;
  setConfigDigest(configDigest: bigint): void;
  /** The peer's own report told its term. */
  seeTerm(term: number): void;
  handOver(force: boolean): void;
  /** The next piece of its recording should open. */
  recordAnew(): void;
  /** Announces the addresses once more, if the node is active. */
  announce(): void;
  /** Ends the agent: it gives up ownership and removes what it put into the kernel. */
  stop(): Promise<void>;
}

export interface AgentListener {
  /** The process that the agent is from now on. */
  spawned(process: number): void;
  reported(report: AgentReport): void;
  roleChanged(change: RoleChange): void;
  recorded(piece: Piece, urgent: boolean): void;
  handoverRequested(): void;
  handoverRefused(reason: string): void;
  restored(what: string): void;
  refused(error: string): void;
  conflict(yields: boolean): void;
  frozen(freeze: Freeze): void;
  announced(): void;
  unwitnessed(): void;
  /** The peer fell silent on one heartbeat path, or is heard there again, while it is heard on `others`. */
  pathChanged(path: string, up: boolean, others: readonly string[]): void;
  /** @param served whether it had begun its work; otherwise it has said why it could not */
  died(how: string, served: boolean): void;
}

interface Wanted {
  started: boolean;
  ready: boolean;
  maintenance: boolean;
  readonly tracks: Map<string, boolean>;
  servers: ServerCount | undefined;
}

type Configure = AgentCommand & { readonly type: "configure" };

const aliveEveryBeats = 2;
const shortestRestartMs = 100;
const longestRestartMs = 5_000;
const stopMs = 3_000;

/** @param leaseEnd the map of `FastPath.leaseFd`, for the agent to inherit */
export function openAgentProcess(
  initial: Omit<Configure, "leaseEnd">,
  listener: AgentListener,
  leaseEnd?: number,
): AgentProcess {
  /** What a restarted agent must be told again. */
  const wanted: Wanted = { started: false, ready: false, maintenance: false, tracks: new Map(), servers: undefined };
  let configure: Configure = leaseEnd === undefined ? initial : { ...initial, leaseEnd: inheritedLeaseEnd };
  let child: ChildProcess | undefined;
  let report: AgentReport | undefined;
  let opened = false;
  let restartMs = shortestRestartMs;
  let restart: NodeJS.Timeout | undefined;
  let stopping = false;

  const command = (message: AgentCommand): void => {
    if (child?.connected === true) child.send(message);
  };
  const tellReady = (ready: boolean): void => {
    wanted.ready = ready;
    command({ type: "ready", ready });
  };
  const spawn = (): void => {
    try {
      adopt(forkAgent(leaseEnd));
    } catch (error) {
      lose(`no process: ${(error as Error).message}`);
    }
  };
  const adopt = (spawned: ChildProcess): void => {
    child = spawned;
    if (spawned.pid !== undefined) listener.spawned(spawned.pid);
    spawned.on("message", (message: AgentMessage) => receive(message));
    spawned.on("error", (error) => {
      // Otherwise a message could not be sent any more, and the exit follows.
      if (spawned.pid === undefined) lose(error.message);
    });
    spawned.on("exit", (code, signal) => lose(signal === null ? `exit status ${code}` : signal));
    command(configure);
  };
  const lose = (how: string): void => {
    const served = opened;
    child = undefined;
    report = undefined;
    opened = false;
    if (stopping) return;
    restart = setTimeout(spawn, restartMs);
    restartMs = Math.min(longestRestartMs, restartMs * 2);
    listener.died(how, served);
  };
  const receive = (message: AgentMessage): void => {
    switch (message.type) {
      case "opened":
        opened = true;
        command({ type: "maintenance", on: wanted.maintenance });
        command({ type: "ready", ready: wanted.ready });
        if (wanted.servers !== undefined) command({ type: "servers", servers: wanted.servers });
        for (const [track, ok] of wanted.tracks) command({ type: "track", track, ok });
        if (wanted.started) command({ type: "start" });
        return;
      case "failed":
        return listener.refused(`heartbeat agent: ${message.error}`);
      case "report":
        report = message.report;
        if (report.role !== "initialize") restartMs = shortestRestartMs;
        return listener.reported(report);
      case "recorded":
        return listener.recorded(message.piece, message.urgent);
      case "roleChanged":
        // A node that ceased to be active starts from nothing: it is ready when it has what the other one serves.
        if (message.change.from === "active") tellReady(false);
        return listener.roleChanged(message.change);
      case "handoverRequested":
        return listener.handoverRequested();
      case "handoverRefused":
        return listener.handoverRefused(message.reason);
      case "restored":
        return listener.restored(message.what);
      case "refused":
        return listener.refused(message.error);
      case "conflict":
        return listener.conflict(message.yields);
      case "announced":
        return listener.announced();
      case "frozen":
        return listener.frozen(message.freeze);
      case "unwitnessed":
        return listener.unwitnessed();
      case "pathChanged":
        return listener.pathChanged(message.path, message.up, message.others);
    }
  };

  spawn();
  const alive = atBeat(() => command({ type: "alive" }), aliveEveryBeats);
  return {
    get report() {
      return report;
    },
    start: () => {
      wanted.started = true;
      command({ type: "start" });
    },
    setReady: (ready) => {
      if (wanted.ready !== ready) tellReady(ready);
    },
    setMaintenance: (on) => {
      wanted.maintenance = on;
      command({ type: "maintenance", on });
    },
    setTrack: (track, ok) => {
      wanted.tracks.set(track, ok);
      command({ type: "track", track, ok });
    },
    setServers: (servers) => {
      if (wanted.servers?.up === servers.up && wanted.servers.lag === servers.lag) return;
      wanted.servers = servers;
      command({ type: "servers", servers });
    },
    setConfigDigest: (configDigest) => {
      configure = { ...configure, configDigest };
      command({ type: "configDigest", configDigest });
    },
    seeTerm: (term) => command({ type: "peerTerm", term }),
    handOver: (force) => command({ type: "handover", force }),
    recordAnew: () => command({ type: "recordAnew" }),
    announce: () => command({ type: "announce" }),
    stop: async () => {
      stopping = true;
      clearTimeout(restart);
      const ending = child;
      if (ending !== undefined) {
        const killing = setTimeout(() => ending.kill("SIGKILL"), stopMs);
        const ended = new Promise<void>((resolve) => ending.once("exit", () => resolve()));
        command({ type: "stop" });
        await ended;
        clearTimeout(killing);
      }
      alive.close();
    },
  };
}

/** Behind the process channel. */
const inheritedLeaseEnd = 4;

const forkAgent = (leaseEnd: number | undefined): ChildProcess =>
  fork(agentProgram, [], {
    serialization: "advanced",
    // Each watch of the kernel's events occupies one thread of libuv's pool.
    env: { ...process.env, UV_THREADPOOL_SIZE: "8" },
    stdio: ["ignore", "inherit", "inherit", "ipc", ...(leaseEnd === undefined ? [] : [leaseEnd])],
  });
