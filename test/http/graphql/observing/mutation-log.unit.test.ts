// The log says who changed what, on each transport.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'graphql-ws';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { query, startTestServer } from '../../support.ts';

const DOCUMENTS = [
  'mutation { touch }',
  'mutation { first: touch second: touch }',
  'mutation { ... on Mutation { touch } ...Twice } fragment Twice on Mutation { again: touch ...Once } fragment Once on Mutation { touch }',
];
const FIELDS = [['touch'], ['touch', 'touch'], ['touch', 'touch', 'touch']];

test('the log names the fields of a mutation, those in fragments too', async (t) => {
  const lines: { msg: string; fields: string[]; address: string }[] = [];
  const log = pino({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line)) });
  const server = await startTestServer(t, { log });
  const logged = () => lines.splice(0).filter(({ msg }) => msg === 'a mutation');

  for (const document of DOCUMENTS) await query(server, { query: document });
  await query(server, { query: '{ hello }' });
  const overPost = logged();
  assert.deepEqual(
    overPost.map(({ fields }) => fields),
    FIELDS,
  );
  assert.equal(overPost[0]?.address, '127.0.0.1');

  const client = createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  t.after(() => client.dispose());
  for (const document of DOCUMENTS) {
    const results = client.iterate({ query: document });
    assert.ok((await results.next()).value?.data);
    await results.return?.();
  }
  assert.deepEqual(
    logged().map(({ fields }) => fields),
    FIELDS,
  );
});
