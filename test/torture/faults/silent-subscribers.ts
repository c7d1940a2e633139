// A hundred subscribers to importProgress stop reading, over SSE and WebSocket.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { IMPORT_CHANNEL } from '../../../src/db/imports/import-store.ts';
import { watchProgress } from '../../support/server/graphql-client.ts';
import { subscribeSse, subscribeWebSocket } from '../../support/server/raw-subscribers.ts';
import { holdMerges } from '../clients/hold.ts';
import { withTimeout } from '../eventually.ts';
import type { Fault } from '../fault.ts';
import type { ServerProcess } from '../machines/server-process.ts';
import type { Round } from '../round.ts';

const SUBSCRIBERS = 100;
const EVENTS = 150;
const EVENT_EVERY_MS = 10;
/** Each event contains the columns, some 100 KB: a backlog would show in the server's memory. */
const WIDE_COLUMNS = Array.from({ length: 100 }, (_, at) => `${at} ${'wide '.repeat(100)}`);
/** All events to all subscribers are 1.5 GB. Garbage that is not collected yet counts too. */
const MAX_GROWTH_MB = 400;

const SUBSCRIPTION = `subscription ($id: ID) {
  importProgress(id: $id) { id status percent columns ignoredColumns }
}`;

export const silentSubscribers: Fault = {
  name: 'silent-subscribers',
  description: 'a hundred subscribers (SSE and WebSocket) stop reading during an import',
  shownBy: 'test/http/graphql/subscriptions/subscriptions.unit.test.ts',
  servers: 1,
  async inject(round) {
    const { server } = round;
    const id = randomUUID();
    const subscribed = Array.from({ length: SUBSCRIBERS }, (_, at) => subscribe(round, server, at, id));
    await withTimeout('all clients have subscribed', Promise.all(subscribed));
    const last = lastState(server, id);
    const hold = await holdMerges(round.database.url);
    try {
      const submission = round.submit(server, round.makeFile(WIDE_COLUMNS), { id });
      await round.reaches(submission, ({ status }) => status === 'MERGING');
      const before = await server.memory();
      for (let event = 0; event < EVENTS; event++) {
        await round.database.sql.notify(IMPORT_CHANNEL, id);
        await delay(EVENT_EVERY_MS);
      }
      expectBounded(round, before, await server.memory());
    } finally {
      await hold.release();
    }
    const end = await withTimeout('a subscriber that reads receives the final state', last);
    if (end !== 'COMPLETED') throw new Error('a subscriber that reads did not receive the final state');
  },
};

function expectBounded(round: Round, before: number | undefined, after: number | undefined): void {
  if (before === undefined || after === undefined) {
    round.note('memory cannot be measured here');
    return;
  }
  const growth = Math.round(after - before);
  round.note(`${growth} MB more`);
  if (growth > MAX_GROWTH_MB) throw new Error(`memory grew by ${growth} MB`);
}

async function lastState({ url }: ServerProcess, id: string): Promise<string | undefined> {
  let status: string | undefined;
  for await (const state of watchProgress(url, id)) status = state.status;
  return status;
}

/** Half of them over each protocol; of these, half subscribe to one import and half to all. */
async function subscribe(round: Round, { url }: ServerProcess, at: number, id: string): Promise<void> {
  const operation = { query: SUBSCRIPTION, variables: at % 4 < 2 ? { id } : {} };
  const subscriber = await (at % 2 === 0 ? subscribeSse : subscribeWebSocket)(url, operation);
  round.defer(async () => subscriber.close());
}
