// `npm run sample`: generates a product file for trying things out.

import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { formatCount, formatDuration } from '../output/format.ts';
import { withSampleBar } from '../output/sample-bar.ts';
import {
  CommandError,
  INTERRUPTED,
  interruptSignal,
  readArguments,
  runCommand,
  UsageError,
  wholeNumber,
} from '../run-command.ts';
import { type Sample, writeSampleFile, writeSampleTo } from '../sample/write-sample.ts';

const USAGE = `Generates a CSV file of products (name, sku, description) for trying things out.

  npm run sample -- --out FILE [--rows N] [--seed S]

  --out FILE   output file; compressed if its name ends in .gz or .zst; "-" is standard output
  --rows N     number of rows (default: 500000)
  --seed S     seed of the random generator; the same seed gives the same bytes (default: 1)`;

await runCommand(USAGE, async () => {
  const { values } = readArguments({
    options: {
      out: { type: 'string' },
      rows: { type: 'string', default: '500000' },
      seed: { type: 'string', default: '1' },
    },
  });
  if (!values.out) throw new UsageError('Set the output file: --out FILE.');
  const rows = wholeNumber('--rows', values.rows, 0, 1e12);
  const seed = wholeNumber('--seed', values.seed, 0, Number.MAX_SAFE_INTEGER);

  const interrupt = interruptSignal();
  try {
    await makeSample(values.out, { rows, seed, signal: interrupt });
    return 0;
  } catch (error) {
    if (interrupt.aborted) return INTERRUPTED;
    // The reader of our output closed it, as `head` does.
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return 0;
    throw error;
  }
});

async function makeSample(out: string, sample: Sample): Promise<void> {
  const start = performance.now();
  await withSampleBar(sample.rows, async (onRows) => {
    if (out === '-') await writeSampleTo(process.stdout, { ...sample, onRows });
    else await writeTo(out, { ...sample, onRows });
  });
  const seconds = (performance.now() - start) / 1000;
  if (out !== '-')
    console.log(`${formatCount(sample.rows)} products in ${out}, generated in ${formatDuration(seconds)}`);
}

async function writeTo(file: string, sample: Sample): Promise<void> {
  const folder = await stat(dirname(file)).catch(() => undefined);
  if (!folder?.isDirectory())
    throw new CommandError(`There is no folder ${dirname(file)}. Create it first, or choose another.`);
  const target = await stat(file).catch(() => undefined);
  if (target?.isDirectory()) throw new CommandError(`${file} is a folder. Set --out to a file in it.`);
  await writeSampleFile(file, sample);
}
