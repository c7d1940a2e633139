// Postgres is unreachable for longer than imports wait: they fail, and a retry completes them.

import { setTimeout as delay } from 'node:timers/promises';
import { atStage } from '../at-stage.ts';
import type { Fault } from '../fault.ts';
import { ask } from '../round.ts';

const WAIT_SECONDS = 2;
const OUTAGE_MS = 6_000;

/** An undo is continued by asking for it again. */
const UNDO_AGAIN = 'mutation ($id: ID!) { undoImport(id: $id) { id } }';
const RETRY = 'mutation ($id: ID!) { retryImport(id: $id) { id error { code } } }';

export const longOutage: Fault = {
  name: 'long-outage',
  description: 'Postgres is unreachable for longer than an import waits; it fails and is retried',
  shownBy: 'test/app/faults/survive.test.ts',
  servers: 1,
  async prepare(round) {
    round.settings['DATABASE_WAIT_SECONDS'] = String(WAIT_SECONDS);
  },
  async inject(round) {
    const cut = async () => {
      await round.server.relay.cut();
      await delay(OUTAGE_MS);
      await round.server.relay.heal();
    };
    const { submission, importId: id } = await atStage(round, round.server, cut, [
      'loading',
      'merging',
      'undoing',
    ]);
    await round.importReaches(id, ({ finished }) => finished);
    const row = await round.importRow(id);
    if (row?.status === 'COMPLETED') return;
    if (row?.errorCode !== 'DATABASE_UNAVAILABLE') throw new Error(`an import ended ${row?.errorCode}`);
    round.note('retried');
    const isUndo = id !== submission.id;
    await ask(round.server, isUndo ? UNDO_AGAIN : RETRY, { id: submission.id });
    await round.importReaches(id, ({ finished }) => finished);
  },
};
