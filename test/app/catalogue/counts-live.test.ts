// Live counts of products by name over both protocols, including changes made by other server processes.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { insertProducts } from '../../db/catalogue/product-fixtures.ts';
import { releaseAfter } from '../../support/release.ts';
import { expectNoErrors, importAndWait, query } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';
import { waitUntil } from '../../support/wait-until.ts';

interface Change {
  counts: { name: string; productCount: number }[];
  totals: { names: number; products: number };
}

const CHANGED = `subscription ($names: [String!]) {
  productCountsChanged(names: $names) { at counts { name productCount } totals { names products } }
}`;

const connectors = {
  'Server-Sent Events': (url: string) => createSseClient({ url: `${url}/graphql`, retryAttempts: 0 }),
  WebSocket: (url: string) =>
    createWsClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
    }),
};

function watch(t: TestContext, url: string, protocol: keyof typeof connectors, names?: string[]) {
  const client = connectors[protocol](url);
  releaseAfter(t, () => client.dispose());
  const changes: Change[] = [];
  const events = client.iterate<{ productCountsChanged: Change }>({ query: CHANGED, variables: { names } });
  const ended = (async () => {
    for await (const { data, errors } of events) {
      if (errors || !data) assert.fail(`The subscription failed: ${JSON.stringify(errors)}`);
      changes.push(data.productCountsChanged);
    }
  })();
  return { changes, ended };
}

async function twoServers(t: TestContext): Promise<[TestServer, TestServer]> {
  const first = await startTestServer(t, ONE_LANE);
  await insertProducts(first.database, [
    { sku: 'a', name: 'Lamp' },
    { sku: 'b', name: 'Lamp' },
  ]);
  return [first, await startTestServer(t, { databaseUrl: first.database.url })];
}

async function rename({ url }: TestServer, sku: string, name: string): Promise<void> {
  const document = `mutation ($sku: String!, $name: String!) {
    updateProduct(sku: $sku, input: { name: $name }) { sku }
  }`;
  expectNoErrors(await query(url, document, { sku, name }));
}

for (const protocol of ['Server-Sent Events', 'WebSocket'] as const) {
  test(`${protocol}: a subscriber receives imports and updates made through another server process`, async (t) => {
    const [here, there] = await twoServers(t);
    const { changes, ended } = watch(t, here.url, protocol, ['Lamp', 'Lantern']);
    await waitUntil('the first has come', () => changes.length === 1);
    await rename(there, 'a', 'Lantern');
    await waitUntil('the update is heard of', () => changes.length === 2);
    await importAndWait(there.url, 'name,sku,description\nLantern,c,\nLantern,d,\nOther,e,\n');
    await waitUntil('the import is heard of', () => changes.length === 3);
    const counts = (lamps: number, lanterns: number) => [
      { name: 'Lamp', productCount: lamps },
      { name: 'Lantern', productCount: lanterns },
    ];
    assert.deepEqual(
      changes.map((change) => change.counts),
      [counts(2, 0), counts(1, 1), counts(1, 3)],
    );
    assert.deepEqual(
      changes.map(({ totals }) => totals),
      [
        { names: 1, products: 2 },
        { names: 2, products: 2 },
        { names: 3, products: 5 },
      ],
    );
    const cut = assert.rejects(ended, protocol === 'WebSocket' ? { code: 1001 } : { name: 'NetworkError' });
    await here.close();
    await cut;
  });
}

test('an import that changes no counts sends no event', async (t) => {
  const [here, there] = await twoServers(t);
  const { changes } = watch(t, here.url, 'WebSocket');
  await waitUntil('the first has come', () => changes.length === 1);
  const again = await importAndWait(there.url, 'name,sku,description\nLamp,a,\nLamp,b,new words\n');
  assert.deepEqual([again.rows.unchanged, again.rows.updated], [1, 1]);
  await pause(500);
  assert.equal(changes.length, 1);
  await rename(there, 'a', 'Lantern');
  await waitUntil('a change is heard of', () => changes.length === 2);
});

test('invalid names are rejected', async (t) => {
  const { url } = await startTestServer(t, ONE_LANE);
  const client = connectors.WebSocket(url);
  releaseAfter(t, () => client.dispose());
  for (const names of [['\0'], ['\ud800'], Array.from({ length: 501 }, (_, i) => `name ${i}`)]) {
    const { value } = await client.iterate({ query: CHANGED, variables: { names } }).next();
    assert.equal(value?.errors?.[0]?.extensions?.['code'], 'BAD_USER_INPUT');
  }
});
