// The states of one subscription. Holds at most one state of each record, the newest, until the subscriber asks for it.

/** What the states of a record mean. */
export interface StateOrder<State> {
  /** Grows with each change of a state. */
  revisionOf(state: State): number;
  /** Whether no other state follows. */
  isFinal(state: State): boolean;
}

export interface LiveStatesHooks<State> {
  /** The states to begin with. Called once, when the subscriber asks for its first state. */
  readCurrent(): Promise<State[]>;
  /** Called once, however the subscription ends. */
  onEnd(): void;
}

export class LiveStates<State extends { id: string }> implements AsyncIterableIterator<State, undefined> {
  readonly #id: string | undefined;
  readonly #order: StateOrder<State>;
  readonly #hooks: LiveStatesHooks<State>;
  readonly #pending = new Map<string, State>();
  readonly #unfinished = new Set<string>();
  #begun: Promise<void> | undefined;
  /** Resolves when a state is pending, or at the end. Undefined while nobody waits. */
  #change: PromiseWithResolvers<void> | undefined;
  #lost: Error | undefined;
  #hasEnded = false;

  /** @param id undefined for all records */
  constructor(id: string | undefined, order: StateOrder<State>, hooks: LiveStatesHooks<State>) {
    this.#id = id;
    this.#order = order;
    this.#hooks = hooks;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  wants(id: string): boolean {
    return this.#id === undefined || this.#id === id;
  }

  /** The ids of records that it has seen, and that may still change. */
  known(): string[] {
    return this.#id === undefined ? [...this.#unfinished] : [this.#id];
  }

  offer(state: State): void {
    if (this.#hasEnded || !this.wants(state.id)) return;
    const { revisionOf, isFinal } = this.#order;
    const pending = this.#pending.get(state.id);
    // Two reads may overtake each other.
    if (pending && revisionOf(pending) > revisionOf(state)) return;
    this.#pending.set(state.id, state);
    if (isFinal(state)) this.#unfinished.delete(state.id);
    else this.#unfinished.add(state.id);
    this.#wake();
  }

  /** No state of this record follows. A subscription to it alone fails with the reason, after the states that it has. */
  lose(id: string, reason: Error): void {
    this.#unfinished.delete(id);
    if (this.#id !== id) return;
    this.#lost = reason;
    this.#wake();
  }

  /** Waits for a state. A subscription to one record ends after its final state. */
  async next(): Promise<IteratorResult<State, undefined>> {
    this.#begun ??= this.#begin();
    await this.#begun;
    while (!this.#hasEnded) {
      for (const [id, state] of this.#pending) {
        this.#pending.delete(id);
        if (this.#id !== undefined && this.#order.isFinal(state)) this.end();
        return { done: false, value: state };
      }
      if (this.#lost) {
        this.end();
        throw this.#lost;
      }
      this.#change ??= Promise.withResolvers<void>();
      await this.#change.promise;
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<State, undefined>> {
    this.end();
    return { done: true, value: undefined };
  }

  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#wake();
    this.#hooks.onEnd();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #begin(): Promise<void> {
    try {
      for (const state of await this.#hooks.readCurrent()) this.offer(state);
    } catch (error) {
      this.end();
      // Thrown once, then the subscription has ended.
      this.#begun = Promise.resolve();
      throw error;
    }
  }

  #wake(): void {
    this.#change?.resolve();
    this.#change = undefined;
  }
}
