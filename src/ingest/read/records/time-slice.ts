// Cuts long work in the main thread into slices, between which requests are answered.

/** Of work at once, in milliseconds. */
const SLICE_MS = 4;
const waiting: (() => void)[] = [];

/** A span of work that began when it was made. */
export class TimeSlice {
  #end = performance.now() + SLICE_MS;

  get isOver(): boolean {
    return performance.now() >= this.#end;
  }

  /** Begins the next one. */
  renew(): void {
    this.#end = performance.now() + SLICE_MS;
  }
}

/** Resolves in a later turn of the event loop. In each turn one caller goes on, however many wait. */
export function nextSlice(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(resumeOne);
  });
}

function resumeOne(): void {
  const resume = waiting.shift();
  if (waiting.length > 0) setImmediate(resumeOne);
  resume?.();
}
