import { type MachineName, openRecorder, type Recorder } from "@vipair/model";
import type { AgentMessage } from "./message.js";

/**
 * Records the machine that decides. Lines are made between its steps, a few at a time, and go to the balancer, which has a
 * disk; while the balancer does not read, they wait in memory and are dropped when there are too many. This process never
 * touches a file.
 */
export interface Recording {
  /** A recorder for the machine's loop. */
  of(machine: MachineName, config: unknown): Recorder<unknown, Typed, Typed>["stepped"];
  /** The balancer lost some, or has a full file. */
  beginAnew(): void;
  /** Hands over what waits, soon: something happened that should be on disk before this process ends. */
  soon(): void;
  close(): void;
}

interface Typed {
  readonly type: string;
}

export interface RecordingOptions {
  readonly on: boolean;
  readonly node: string;
  readonly version: string;
  readonly tell: (message: AgentMessage, told: () => void) => void;
}

const takeEveryMs = 250;

export function openRecording({ on, node, version, tell }: RecordingOptions): Recording {
  let recorder: Recorder<unknown, Typed, Typed> | undefined;
  let telling = false;
  let due: NodeJS.Immediate | undefined;
  let urgent = false;

  const take = (): void => {
    due = undefined;
    if (telling) return;
    const piece = recorder?.take();
    if (piece === undefined) return;
    telling = true;
    tell({ type: "recorded", piece, urgent }, () => {
      telling = false;
    });
    urgent = false;
  };
  const taking = on ? setInterval(take, takeEveryMs) : undefined;
  return {
    of: (machine, config) => {
      if (!on) return () => undefined;
      recorder = openRecorder({ machine, node, version, config, at: () => new Date().toISOString() });
      return recorder.stepped;
    },
    beginAnew: () => recorder?.beginAnew(),
    soon: () => {
      urgent = true;
      due ??= setImmediate(take);
    },
    close: () => {
      clearInterval(taking);
      clearImmediate(due);
      take();
    },
  };
}
