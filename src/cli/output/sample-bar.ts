// The progress bar for generating a sample.

import { openProgressBar } from './progress-bar.ts';

const BAR_FROM_ROWS = 200_000;

/** Runs work that reports the number of generated rows. There is no bar for a small sample. */
export async function withSampleBar(
  rows: number,
  work: (onRows: (made: number) => void) => Promise<void>,
): Promise<void> {
  if (rows < BAR_FROM_ROWS) return work(() => {});
  const start = performance.now();
  const bar = openProgressBar();
  const onRows = (made: number) => {
    const rowsPerSecond = (made / (performance.now() - start)) * 1000;
    const etaSeconds = (rows - made) / rowsPerSecond;
    bar.show({ phase: 'sample', rows: made, percent: (made / rows) * 100, rowsPerSecond, etaSeconds });
  };
  try {
    await work(onRows);
  } finally {
    bar.close();
  }
}
