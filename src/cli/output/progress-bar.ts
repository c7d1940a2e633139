// Shows progress: a bar on a terminal, elsewhere at most one line a second.

import cliProgress from 'cli-progress';
import { formatCount, formatDuration } from './format.ts';

/** Null: unknown. */
interface ProgressState {
  phase: string;
  rows: number;
  /** 0 to 100. */
  percent: number;
  rowsPerSecond: number | null;
  etaSeconds: number | null;
  /** Why there is no progress at the moment. */
  waitingReason?: string | null;
}

export interface ProgressBar {
  show(state: ProgressState): void;
  /** Shows the last state and ends the line. */
  close(): void;
}

const LINE_EVERY_MS = 1000;

export function openProgressBar(output: NodeJS.WriteStream = process.stderr): ProgressBar {
  return output.isTTY ? new TerminalBar(output) : new PlainLines(output);
}

class TerminalBar implements ProgressBar {
  readonly #bar: cliProgress.SingleBar;
  #started = false;

  constructor(output: NodeJS.WriteStream) {
    this.#bar = new cliProgress.SingleBar({
      stream: output,
      format: '{phase} [{bar}] {share}  {details}',
      barsize: 30,
      hideCursor: true,
      gracefulExit: false,
    });
  }

  show(state: ProgressState): void {
    const payload = {
      phase: state.phase.padEnd(9),
      share: share(state).padStart(5),
      details: details(state),
    };
    if (this.#started) {
      this.#bar.update(state.percent, payload);
    } else {
      this.#bar.start(100, state.percent, payload);
      this.#started = true;
    }
  }

  close(): void {
    this.#bar.stop();
  }
}

class PlainLines implements ProgressBar {
  readonly #output: NodeJS.WriteStream;
  #printed = '';
  #latest = '';
  #nextAt = 0;

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  show(state: ProgressState): void {
    this.#latest = `${state.phase} ${share(state)}, ${details(state)}`;
    if (performance.now() >= this.#nextAt) this.#print();
  }

  close(): void {
    this.#print();
  }

  #print(): void {
    if (this.#latest === this.#printed) return;
    this.#output.write(`${this.#latest}\n`);
    this.#printed = this.#latest;
    this.#nextAt = performance.now() + LINE_EVERY_MS;
  }
}

function share({ percent }: ProgressState): string {
  return `${Math.floor(percent)}%`;
}

function details({ rows, rowsPerSecond, etaSeconds, waitingReason }: ProgressState): string {
  const parts = [`${formatCount(rows)} rows`];
  if (waitingReason) return [...parts, waitingReason].join(', ');
  if (rowsPerSecond !== null) parts.push(`${formatCount(rowsPerSecond)} rows/s`);
  if (etaSeconds !== null) parts.push(`ETA ${formatDuration(etaSeconds)}`);
  return parts.join(', ');
}
