import type { PeerMessage } from "./message.js";

/** Requests that were sent and wait for their response. */
export interface Requests {
  /** Sends a request with a fresh id; settles with its response, or rejects after `timeoutMs`. */
  open(timeoutMs: number, send: (id: number) => void): Promise<unknown>;
  /** A response that nobody waits for (any more) is dropped. */
  settle(response: PeerMessage & { type: "response" }): void;
  rejectAll(reason: string): void;
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timeout: NodeJS.Timeout;
}

export function openRequests(): Requests {
  const pending = new Map<number, Pending>();
  let nextId = 0;

  const take = (id: number): Pending | undefined => {
    const found = pending.get(id);
    clearTimeout(found?.timeout);
    pending.delete(id);
    return found;
  };

  return {
    open: (timeoutMs, send) =>
      new Promise((resolve, reject) => {
        const id = nextId++;
        const late = (): void => take(id)?.reject(new Error(`the peer did not answer within ${timeoutMs} ms`));
        pending.set(id, { resolve, reject, timeout: setTimeout(late, timeoutMs) });
        send(id);
      }),
    settle: (response) => {
      const waiting = take(response.id);
      if (response.ok) waiting?.resolve(response.result);
      else waiting?.reject(new Error(response.error));
    },
    rejectAll: (reason) => {
      for (const id of [...pending.keys()]) take(id)?.reject(new Error(reason));
    },
  };
}
