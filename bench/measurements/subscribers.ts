// A small import that 1,000 clients follow over SSE, beside the same import without them.

import { randomUUID } from 'node:crypto';
import { formatCount } from '../../src/cli/output/format.ts';
import { inTurn, type Measurement } from '../bench.ts';
import { ledgerOfFirstLoad } from '../catalogue/catalogues.ts';
import { checkpoint } from '../catalogue/databases.ts';
import { Loadstone } from '../processes/loadstone.ts';
import { Subscribers } from '../processes/subscribers.ts';

const SUBSCRIBERS = 1000;

export const subscribers: Measurement = {
  name: 'subscribers',
  group: 'standard',
  what: `an import of 60,000 rows with ${formatCount(SUBSCRIBERS)} subscribers, and without`,
  prepare: ({ samples, sizes }) => samples.get(sizes.small),

  async measure({ databases, samples, sizes }, results, round) {
    const { path, expected } = await samples.get(sizes.small);
    const size = `${formatCount(sizes.small)} rows`;
    const with_ = { seconds: Number.NaN, memory: undefined as number | undefined };
    const without = { ...with_ };
    const run = (count: number, measured: typeof with_) =>
      databases.withFresh(async (url) => {
        await using loadstone = await Loadstone.start(url);
        await checkpoint(loadstone.sql);
        const id = randomUUID();
        await using following = await Subscribers.start(loadstone.url, id, count);
        const { parts } = await loadstone.import(path, ledgerOfFirstLoad(expected), id);
        const { completed } = await following.received();
        if (completed !== count) throw new Error(`${completed} of ${count} subscribers received COMPLETED`);
        results.addDurations(`Loadstone, ${size}, ${formatCount(count)} subscribers`, parts);
        measured.seconds = parts.total;
        measured.memory = await loadstone.peakMemory();
      });
    await inTurn(
      round,
      () => run(0, without),
      () => run(SUBSCRIBERS, with_),
    );

    const subscribed = `${formatCount(SUBSCRIBERS)} subscribers to ${size}`;
    results.add(
      { id: 'subscribers', what: `${subscribed}: time ÷ without`, unit: 'ratio', atMost: 1.3 },
      with_.seconds / without.seconds,
    );
    if (with_.memory === undefined || without.memory === undefined) return;
    results.add(
      { id: 'subscribers.memory', what: `${subscribed}: more memory than without`, unit: 'MB', atMost: 60 },
      with_.memory - without.memory,
    );
  },
};
