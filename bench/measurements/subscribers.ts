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
    const run = (count: number) =>
      databases.withFresh(async (url) => {
        await using loadstone = await Loadstone.start(url);
        await checkpoint(loadstone.sql);
        const id = randomUUID();
        await using following = await Subscribers.start(loadstone.url, id, count);
        const { parts } = await loadstone.import(path, ledgerOfFirstLoad(expected), id);
        const { completed } = await following.received();
        if (completed !== count) throw new Error(`${completed} of ${count} subscribers received COMPLETED`);
        results.addDurations(`Loadstone, ${size}, ${formatCount(count)} subscribers`, parts);
        return { seconds: parts.total, memory: await loadstone.peakMemory() };
      });
    const [alone, followed] = await inTurn(
      round,
      () => run(0),
      () => run(SUBSCRIBERS),
    );

    const what = `${formatCount(SUBSCRIBERS)} subscribers to ${size}`;
    results.add(
      { id: 'subscribers', what: `${what}: time ÷ without`, unit: 'ratio', atMost: 1.3 },
      followed.seconds / alone.seconds,
    );
    if (followed.memory === undefined || alone.memory === undefined) return;
    results.add(
      { id: 'subscribers.memory', what: `${what}: more memory than without`, unit: 'MB', atMost: 60 },
      followed.memory - alone.memory,
    );
  },
};
