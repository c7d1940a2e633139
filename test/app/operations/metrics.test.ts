// What an operator sees of a server: metrics, probes, and ids in responses.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createClient as createWsClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { openDatabase } from '../../../src/db/postgres/connection/database.ts';
import { createProbes } from '../../../src/observe.ts';
import { EventLoop } from '../../../src/telemetry/event-loop.ts';
import { METRICS } from '../../../src/telemetry/metric-definitions.ts';
import { Metrics } from '../../../src/telemetry/metrics.ts';
import { temporarySpool } from '../../support/files/uploads.ts';
import { importEnds } from '../../support/imports/import-state.ts';
import { expectNoErrors, importAndWait, query } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../../support/server/server.ts';
import { makeToken } from '../../support/server/tokens.ts';
import { waitUntil } from '../../support/wait-until.ts';

const FILE = 'sku,name,description\na,A,x\nb,B,x\na,A2,x\n,no sku,x\n';

test('metrics tell of imports, rows, stages, operations and the database; the dashboard asks for nothing else', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, metricsPort: 0 });
  const metricsUrl = server.metricsUrl ?? assert.fail('there is no port for metrics');
  const read = async () => (await fetch(`${metricsUrl}/metrics`)).text();
  assert.equal(new URL(metricsUrl).hostname, '127.0.0.1');
  assert.equal((await fetch(`${server.url}/metrics`)).status, 404);

  const { id } = await importAndWait(server.url, FILE);
  await query(server.url, 'query Names { products(first: 1) { totalCount } }');
  await query(server.url, 'query Names { wrong }');
  await query(server.url, 'query Missing { products(first: -1) { totalCount } }');
  const text = await read();
  const has = (line: string) => assert.ok(text.includes(`\n${line}`), `${line} is not in\n${text}`);
  has('loadstone_imports_ended_total{status="COMPLETED"} 1');
  has('loadstone_import_rows_total{outcome="inserted"} 2');
  has('loadstone_import_rows_total{outcome="superseded"} 1');
  has('loadstone_import_rows_total{outcome="rejected"} 1');
  has(`loadstone_upload_bytes_total{origin="upload"} ${Buffer.byteLength(FILE)}`);
  for (const stage of ['receiving', 'loading', 'waiting', 'merging', 'finishing'])
    has(`loadstone_import_stage_duration_seconds_count{stage="${stage}"} 1`);
  has('loadstone_graphql_operation_duration_seconds_count{operation="Names",type="query"} 1');
  has('loadstone_graphql_errors_total{operation="invalid",code="BAD_USER_INPUT"} 1');
  has('loadstone_graphql_errors_total{operation="Missing",code="BAD_USER_INPUT"} 1');
  has('loadstone_import_slots{state="free"} 4');
  has('loadstone_ready{check="migrations"} 1');
  assert.match(text, /\nloadstone_http_requests_total\{method="POST",route="graphql",status="200"\} \d/);
  assert.match(text, /\nloadstone_database_connections\{purpose="housekeeping",state="idle"\} \d/);
  assert.match(text, /\nnodejs_eventloop_lag_p99_seconds \d/);
  assert.match(text, /\nloadstone_scrape_errors_total 0\n/);

  const names = new Set([...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name]) => name));
  const missing = Object.values(METRICS).filter(({ name }) => !names.has(name));
  assert.deepEqual(missing, []);
  assert.deepEqual(
    metricsOfDashboard().filter(
      (name) => !names.has(name) && !names.has(name.replace(/_(bucket|count|sum)$/, '')),
    ),
    [],
  );

  await t.test('a retry counts only the rows that it adds', async () => {
    // As if the answer to the last commit had been lost.
    await server.database.sql`
      UPDATE imports SET status = 'FAILED', retry_until = now() + interval '1 hour' WHERE id = ${id}`;
    await writeFile(join(server.settings.dataDir, 'spool', id), FILE);
    expectNoErrors(await query(server.url, `mutation { retryImport(id: "${id}") { id } }`));
    assert.equal((await importEnds(server.url, id)).status, 'COMPLETED');
    const retried = await read();
    assert.match(retried, /loadstone_imports_ended_total\{status="COMPLETED"\} 2/);
    assert.match(retried, /loadstone_import_rows_total\{outcome="inserted"\} 2/);
  });

  await t.test('the import counts once, also after a restart', async (t) => {
    await server.close();
    const { databaseUrl, dataDir } = server.settings;
    const again = await startTestServer(t, { ...ONE_LANE, databaseUrl, dataDir });
    const restarted = await (await fetch(`${again.url}/metrics`)).text();
    assert.doesNotMatch(restarted, /loadstone_imports_ended_total\{/);
    assert.doesNotMatch(restarted, /loadstone_import_rows_total\{/);
  });
});

/** The names in the queries of the dashboard. */
function metricsOfDashboard(): string[] {
  const file = readFileSync(join(import.meta.dirname, '../../../docs/grafana-dashboard.json'), 'utf8');
  const { panels } = JSON.parse(file) as { panels: { targets: { expr: string }[] }[] };
  const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  assert.ok(queries.length > 20);
  const found = queries.map((query) => query.match(/\b(?:loadstone|process|nodejs)_\w+/g) ?? []);
  for (const [at, names] of found.entries()) assert.ok(names.length > 0, queries[at]);
  return found.flat();
}

test('probes name the check that fails; metrics on the main port need a token', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, access: 'required', metricsPort: undefined });
  const read = async (path: string, headers = {}) => {
    const response = await fetch(`${server.url}${path}`, { headers });
    return { status: response.status, body: await response.text(), id: response.headers.get('x-request-id') };
  };
  const { text: token } = await makeToken(server.database, 'reader');
  assert.equal((await read('/metrics')).status, 401);
  const metrics = await read('/metrics', { authorization: `Bearer ${token}` });
  assert.deepEqual([metrics.status, metrics.body.includes('loadstone_ready')], [200, true]);

  const ready = await read('/readyz', { 'x-request-id': 'probe-1' });
  assert.equal(ready.id, 'probe-1');
  assert.deepEqual(
    [ready.status, JSON.parse(ready.body)],
    [
      200,
      {
        status: 'ready',
        checks: { database: 'ok', migrations: 'ok', spool: 'ok', eventLoop: 'ok', draining: 'ok' },
      },
    ],
  );
  assert.deepEqual(JSON.parse((await read('/healthz')).body), {
    status: 'alive',
    checks: { eventLoop: 'ok' },
  });

  await server.database
    .sql`INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('newer', 9000000000000000)`;
  await waitUntil('the checks run again', async () => (await read('/readyz')).status === 503);
  const behind = await read('/readyz');
  const { status, checks } = JSON.parse(behind.body);
  assert.deepEqual(
    [status, checks.migrations, checks.database],
    ['not ready', 'the database was migrated by a newer version', 'ok'],
  );
});

test('without room in the spool, the server is not ready', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, spoolReserveBytes: Number.MAX_SAFE_INTEGER });
  const response = await fetch(`${server.url}/readyz`);
  assert.equal(response.status, 503);
  assert.match((await response.json()).checks.spool, /SPOOL_RESERVE_BYTES/);
});

test('a database that is away, and a shutdown, are named; the server is alive', async (t) => {
  const { database } = await startTestServer(t, ONE_LANE);
  const own = openDatabase(database.url);
  const { spool } = await temporarySpool(t);
  const draining = new AbortController();
  const parts = { database: own, spool, eventLoop: new EventLoop(), draining: draining.signal };
  const { ready, alive } = createProbes(new Metrics(), parts);
  assert.equal((await ready.report()).isHealthy, true);
  await own.close();
  draining.abort();
  await waitUntil('the checks run again', async () => !(await ready.report()).isHealthy);
  const { checks } = await ready.report();
  assert.equal(checks['database'], 'is not reachable');
  assert.equal(checks['draining'], 'the server is shutting down');
  assert.equal(checks['spool'], 'ok');
  assert.equal((await alive.report()).isHealthy, true);
});

test('subscribers are counted while they are subscribed, by transport', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const subscribers = async (transport: string) => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return Number(
      new RegExp(`loadstone_subscribers\\{transport="${transport}"\\} (\\d+)`).exec(text)?.[1] ?? 0,
    );
  };
  const document = 'subscription { importProgress { id } }';
  const url = `${server.url}/graphql`;
  const socket = createWsClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  const leave = socket.subscribe({ query: document }, { next() {}, error() {}, complete() {} });
  const aborter = new AbortController();
  const headers = { accept: 'text/event-stream', 'content-type': 'application/json' };
  const body = JSON.stringify({ query: document });
  await fetch(url, { method: 'POST', headers, body, signal: aborter.signal });
  await waitUntil(
    'both count',
    async () => (await subscribers('sse')) + (await subscribers('websocket')) === 2,
  );
  aborter.abort();
  leave();
  await socket.dispose();
  await waitUntil(
    'none counts',
    async () => (await subscribers('sse')) + (await subscribers('websocket')) === 0,
  );
});
