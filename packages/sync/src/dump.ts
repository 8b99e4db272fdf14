import { recordKey } from "@vipair/model";

/** Deaths while a dump is read: the dump may still show those connections. */
export class Dump {
  #died: Set<string> | undefined;

  begin(): void {
    this.#died = new Set();
  }

  /** Whether a dump was under way. */
  end(): boolean {
    const was = this.#died !== undefined;
    this.#died = undefined;
    return was;
  }

  died(view: DataView, offset: number): void {
    this.#died?.add(recordKey(view, offset));
  }

  hasDied(view: DataView, offset: number): boolean {
    return this.#died?.has(recordKey(view, offset)) ?? false;
  }
}
