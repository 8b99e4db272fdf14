/** What a process needs of its host. */
export interface ProcessHost {
  plan(delayMs: number, happen: () => void): void;
  /** Nothing runs on a host that is suspended. */
  readonly suspended: boolean;
}

/** A process that may hang: whatever is due meanwhile happens when it has the processor again. */
export class SimulatedProcess {
  readonly #host: ProcessHost;
  #alive = true;
  #hangs = 0;
  #due: (() => void)[] = [];

  constructor(host: ProcessHost) {
    this.#host = host;
  }

  get isAlive(): boolean {
    return this.#alive;
  }

  get isRunning(): boolean {
    return this.#alive && this.#hangs === 0 && !this.#host.suspended;
  }

  end(): void {
    this.#alive = false;
    this.#due = [];
  }

  hang(): void {
    this.#hangs += 1;
  }

  recover(): void {
    this.#hangs -= 1;
    this.run();
  }

  /** Something happens in the process: now, or as soon as it runs. */
  enqueue(happen: () => void): void {
    if (this.isRunning && this.#due.length === 0) happen();
    else if (this.#alive) this.#due.push(happen);
  }

  later(delayMs: number, happen: () => void): void {
    this.#host.plan(delayMs, () => this.enqueue(happen));
  }

  /** Lets everything happen that is due. */
  run(): void {
    while (this.isRunning) {
      const happen = this.#due.shift();
      if (happen === undefined) return;
      happen();
    }
  }
}
