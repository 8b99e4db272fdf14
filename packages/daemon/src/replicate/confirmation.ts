/** What the standby is asked to confirm, by tokens. */
export interface Confirmations {
  /** Asks, and resolves when the answer has come. Rejects when it does not come in time. */
  ask(send: (token: number) => void): Promise<void>;
  received(token: number): void;
}

const withinMs = 5_000;

/** @param what is to be confirmed, in a word for people */
export function openConfirmations(what: string): Confirmations {
  const waiting = new Map<number, () => void>();
  let tokens = 0;
  return {
    ask: async (send) => {
      const token = ++tokens;
      let late: NodeJS.Timeout | undefined;
      const confirmed = new Promise<void>((resolve, reject) => {
        waiting.set(token, resolve);
        late = setTimeout(() => reject(new Error(`the standby did not confirm the ${what} in time`)), withinMs);
      });
      send(token);
      await confirmed.finally(() => {
        clearTimeout(late);
        waiting.delete(token);
      });
    },
    received: (token) => waiting.get(token)?.(),
  };
}
