// Traces, as a collector receives them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdMerges, waitForWaiting } from '../../support/imports/hold-lock.ts';
import { importEnds } from '../../support/imports/import-state.ts';
import { importAndWait } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../../support/server/server.ts';
import { type CollectedSpan, startTraceCollector } from '../../support/server/trace-collector.ts';
import { addSource, commandSource, startSourcesServer } from '../../support/sources/data-sources.ts';
import { startFileHost } from '../../support/sources/file-host.ts';
import { waitUntil } from '../../support/wait-until.ts';

const FILE = 'sku,name,description\na,A,x\nb,B,x\n';
const TRACE = '0af7651916cd43dd8448eb211c80319c';

test('an import is one trace, from its upload to its end, across threads and servers', async (t) => {
  const collector = await startTraceCollector(t);
  const settings = { ...ONE_LANE, otlpEndpoint: collector.url, otlpHeaders: { 'x-tenant': 'shop' } };
  const server = await startTestServer(t, settings);
  const spansOf = (id: string) => collector.spans.filter(({ traceId }) => traceId === id);

  const { id } = await importAndWait(server.url, FILE);
  await waitUntil('the import is traced', () => collector.spans.some(({ name }) => name === 'import'));
  const [span] = collector.spans.filter(({ name }) => name === 'import');
  const traceId = span?.traceId ?? '';
  await waitUntil('its request is traced', () =>
    spansOf(traceId).some(({ name }) => name === 'POST graphql'),
  );
  assert.equal(attribute(span, 'loadstone.import.id'), id);
  assert.equal(attribute(span, 'loadstone.import.status'), 'COMPLETED');
  assert.equal(span?.service, 'loadstone');
  assert.equal(collector.headers['x-tenant'], 'shop');
  const path = (name: string) => pathOf(spansOf(traceId), name);
  assert.equal(path('lane'), 'POST graphql > receive > import > loading > lane');
  assert.equal(
    path('insert products'),
    'POST graphql > receive > import > merge > write slice > insert products',
  );
  assert.equal(path('compare partition'), 'POST graphql > receive > import > merge > compare partition');
  assert.equal(path('finishing'), 'POST graphql > receive > import > finishing');

  // Another trace, which a client has begun, and which another server goes on with.
  const held = await holdMerges(t, server);
  const sent = await send(server.url, { traceparent: `00-${TRACE}-b7ad6b7169203331-01` });
  await waitForWaiting(server, 'merge');
  await server.close();
  const { databaseUrl, dataDir } = server.settings;
  const other = await startTestServer(t, { ...settings, databaseUrl, dataDir });
  await held.release();
  assert.equal((await importEnds(other.url, sent)).status, 'COMPLETED');
  const runsOf = () => spansOf(TRACE).filter(({ name }) => name === 'import');
  await waitUntil('both servers have traced it', () => runsOf().length === 2);
  const servers = new Set(runsOf().map((run) => attribute(run, 'loadstone.server')));
  assert.equal(servers.size, 2);
  assert.deepEqual(new Set(runsOf().map((run) => attribute(run, 'loadstone.import.id'))), new Set([sent]));
  const client = spansOf(TRACE).find(({ name }) => name === 'POST graphql');
  assert.equal(client?.parentSpanId, 'b7ad6b7169203331');
  assert.equal(
    pathOf(spansOf(TRACE), 'write slice'),
    'POST graphql > receive > import > merge > write slice',
  );
});

test('a check of a source is a trace, with the fetch and the import that it leads to', async (t) => {
  const collector = await startTraceCollector(t);
  const server = await startSourcesServer(t, { otlpEndpoint: collector.url });
  const host = await startFileHost(t);
  host.serve('/products.csv', FILE);
  const { id } = await addSource(server, { url: `${host.url}/products.csv` });
  const spans = (name: string) => collector.spans.filter((span) => span.name === name);
  await waitUntil('the import is traced', () => spans('import').length === 1);
  const [first, second, third] = [0, 1, 2].map((index) => () => spans('check source')[index]);
  assert.equal(first?.()?.parentSpanId, undefined);
  assert.equal(attribute(first?.(), 'loadstone.source.id'), id);
  const { traceId } = first?.() ?? assert.fail('there is no check');
  const inTrace = collector.spans.filter((span) => span.traceId === traceId);
  assert.equal(
    pathOf(inTrace, 'insert products'),
    'check source > fetch > receive > import > merge > write slice > insert products',
  );

  // A check is a root, though the one before it has led to it. That nothing has changed is no error; that there is nothing is.
  await commandSource(server, 'syncDataSource', id);
  await waitUntil('another check is traced', () => second?.() !== undefined);
  host.answer('/products.csv', (_request, response) => response.writeHead(404).end());
  await commandSource(server, 'syncDataSource', id);
  await waitUntil('a third check is traced', () => third?.() !== undefined);
  assert.deepEqual([second?.()?.parentSpanId, third?.()?.parentSpanId], [undefined, undefined]);
  assert.equal(new Set(spans('check source').map((span) => span.traceId)).size, 3);
  assert.equal(second?.()?.status.code ?? 0, 0);
  assert.match(third?.()?.status.message ?? '', /404/);
  assert.equal(spans('import').length, 1);
});

/** @returns the id of the import */
async function send(url: string, headers: Record<string, string>): Promise<string> {
  const body = new FormData();
  const mutation = 'mutation ($file: Upload!) { importProducts(file: $file) { id } }';
  body.set('operations', JSON.stringify({ query: mutation, variables: { file: null } }));
  body.set('map', JSON.stringify({ 0: ['variables.file'] }));
  body.set('0', new Blob([FILE.replace(',A,', ',C,')]), 'products.csv');
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
  const { data } = (await response.json()) as { data: { importProducts: { id: string } } };
  return data.importProducts.id;
}

function attribute(span: CollectedSpan | undefined, key: string): unknown {
  return span?.attributes.find((each) => each.key === key)?.value.stringValue;
}

/** The names of the spans above it, and its own. */
function pathOf(spans: CollectedSpan[], name: string): string {
  const names = [];
  for (let span = spans.find((each) => each.name === name); span; ) {
    names.unshift(span.name);
    const parent: string | undefined = span.parentSpanId;
    span = spans.find(({ spanId }) => spanId === parent);
  }
  return names.join(' > ');
}
