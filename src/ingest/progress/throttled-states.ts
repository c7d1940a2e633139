// Throttles progress: gives states to all who watch, those of progress less often the more watchers a record has. For a
// thousand of them, a state costs as much as many rows of an import. Every other change is given at once.

/** An interval of progress has this much time for each watcher, of which giving it a state takes about a tenth. */
const MS_PER_WATCHER = 0.4;
const MAX_INTERVAL_MS = 2000;

export interface Throttling<State> {
  give(state: State): void;
  /** The number of those who watch this record. */
  watchers(id: string): number;
  /** Whether a state differs from the one before only in how far its record has come. */
  isProgress(from: State, to: State): boolean;
}

interface Given<State> {
  /** The last that was given. */
  state: State;
  at: number;
  /** The newest, which waits for the end of the interval. */
  held?: { state: State; timer: NodeJS.Timeout };
}

export class ThrottledStates<State extends { id: string }> {
  readonly #throttling: Throttling<State>;
  readonly #given = new Map<string, Given<State>>();

  constructor(throttling: Throttling<State>) {
    this.#throttling = throttling;
  }

  /** Gives a state, at once or at the end of the interval, unless a newer one comes before. */
  offer(state: State): void {
    const { watchers, isProgress } = this.#throttling;
    const last = this.#given.get(state.id);
    if (last && isProgress(last.state, state)) {
      const interval = Math.min(watchers(state.id) * MS_PER_WATCHER, MAX_INTERVAL_MS);
      const wait = last.at + interval - performance.now();
      if (last.held) {
        last.held.state = state;
        return;
      }
      if (wait > 0) {
        last.held = { state, timer: setTimeout(() => this.#giveHeld(state.id), wait) };
        return;
      }
    }
    this.#give(state);
  }

  /** Nothing more is given of this record until the next offer. */
  forget(id: string): void {
    clearTimeout(this.#given.get(id)?.held?.timer);
    this.#given.delete(id);
  }

  close(): void {
    for (const id of this.#given.keys()) this.forget(id);
  }

  #giveHeld(id: string): void {
    const held = this.#given.get(id)?.held;
    if (held) this.#give(held.state);
  }

  #give(state: State): void {
    this.forget(state.id);
    this.#given.set(state.id, { state, at: performance.now() });
    this.#throttling.give(state);
  }
}
