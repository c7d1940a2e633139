// `npm run sample`: makes a product file to try things on.

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

const USAGE = `Makes a CSV file of products (name, sku, description) to try things on.

  npm run sample -- --out FILE [--rows N] [--seed S]

  --out FILE   where to write it; a name that ends in .gz or .zst is compressed, "-" is the standard output
  --rows N     how many products (500000)
  --seed S     another number makes other products; the same one makes the same bytes (1)`;

await runCommand(USAGE, async () => {
  const { values } = readArguments({
    options: {
      out: { type: 'string' },
      rows: { type: 'string', default: '500000' },
      seed: { type: 'string', default: '1' },
    },
  });
  if (!values.out) throw new UsageError('Say where to write the file: --out FILE.');
  const rows = wholeNumber('--rows', values.rows, 0, 1e12);
  const seed = wholeNumber('--seed', values.seed, 0, Number.MAX_SAFE_INTEGER);

  const interrupt = interruptSignal();
  try {
    await makeSample(values.out, { rows, seed, signal: interrupt });
    return 0;
  } catch (error) {
    if (interrupt.aborted) return INTERRUPTED;
    // The reader of our output has seen enough, as `head` does.
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
    console.log(`${formatCount(sample.rows)} products in ${out}, made in ${formatDuration(seconds)}`);
}

async function writeTo(file: string, sample: Sample): Promise<void> {
  const folder = await stat(dirname(file)).catch(() => undefined);
  if (!folder?.isDirectory())
    throw new CommandError(`There is no folder ${dirname(file)}. Make it first, or choose another.`);
  const target = await stat(file).catch(() => undefined);
  if (target?.isDirectory())
    throw new CommandError(`${file} is a folder. Give --out the name of a file in it.`);
  await writeSampleFile(file, sample);
}
