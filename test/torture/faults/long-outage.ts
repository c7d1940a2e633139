// The database stays away for longer than imports wait: they fail, and go on when they are retried.

import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../fault.ts';
import { atMoment } from '../moment.ts';
import { ask } from '../round.ts';

const WAIT_SECONDS = 2;
const OUTAGE_MS = 6_000;

const RETRY = 'mutation ($id: ID!) { retryImport(id: $id) { id error { code } } }';

export const longOutage: Fault = {
  name: 'long-outage',
  about: 'Postgres is out of reach for longer than an import waits; it fails and is retried',
  servers: 1,
  async prepare(round) {
    round.settings['DATABASE_WAIT_SECONDS'] = String(WAIT_SECONDS);
  },
  async strike(round) {
    const cut = async () => {
      await round.server.relay.cut();
      await delay(OUTAGE_MS);
      await round.server.relay.heal();
    };
    const { id } = await atMoment(round, round.server, cut, ['loading', 'merging']);
    await round.importReaches(id, ({ finished }) => finished);
    const row = await round.importRow(id);
    if (row?.status === 'COMPLETED') return;
    if (row?.errorCode !== 'DATABASE_UNAVAILABLE') throw new Error(`an import ended ${row?.errorCode}`);
    round.note('retried');
    await ask(round.server, RETRY, { id });
    await round.importReaches(id, ({ finished }) => finished);
  },
};
