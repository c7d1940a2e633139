// The imports that this process works on.

import type { ImportRecord } from '../../db/imports/import-record.ts';
import { ImportRunner, type Outcome, type RunnerParts } from './import-runner.ts';

/** How long partitions may still merge when the server shuts down, in milliseconds. */
const DRAIN_WITHIN = 4000;

export class RunningImports {
  readonly #parts: RunnerParts;
  readonly #runners = new Map<string, ImportRunner>();
  readonly #draining = new AbortController();

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    parts.work.lanes.prepare();
  }

  get isEmpty(): boolean {
    return this.#runners.size === 0;
  }

  /** Aborts when no more imports may be started. */
  get draining(): AbortSignal {
    return this.#draining.signal;
  }

  get(id: string): ImportRunner | undefined {
    return this.#runners.get(id);
  }

  /**
   * Starts to work on an import that this process owns.
   *
   * @param outcome if it is only to be ended
   */
  start(record: ImportRecord, outcome?: Outcome): ImportRunner {
    const runner = new ImportRunner(this.#parts, record, outcome);
    this.#runners.set(record.id, runner);
    runner.done.then(() => {
      if (this.#runners.get(record.id) === runner) this.#runners.delete(record.id);
      if (!this.draining.aborted) this.#parts.work.lanes.prepare();
    });
    return runner;
  }

  /** Stops each import after the partitions that it is merging. Resolves once all have stopped, within some seconds. */
  async drain(): Promise<void> {
    this.#draining.abort();
    const runners = [...this.#runners.values()];
    for (const runner of runners) runner.drain(DRAIN_WITHIN);
    await Promise.all(runners.map(({ done }) => done));
  }
}
