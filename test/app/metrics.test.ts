// What an operator sees of a server: metrics, probes, and ids in responses.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { METRICS } from '../../src/telemetry/metric-definitions.ts';
import { importAndWait, query } from '../support/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../support/server.ts';
import { makeToken } from '../support/tokens.ts';

const FILE = 'sku,name,description\na,A,x\nb,B,x\na,A2,x\n,no sku,x\n';

test('metrics tell of imports, rows, stages, operations and the database; the dashboard asks for nothing else', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, metricsPort: 0 });
  const metricsUrl = server.metricsUrl ?? assert.fail('there is no port for metrics');
  const read = async () => (await fetch(`${metricsUrl}/metrics`)).text();
  assert.equal(new URL(metricsUrl).hostname, '127.0.0.1');
  assert.equal((await fetch(`${server.url}/metrics`)).status, 404);

  await importAndWait(server.url, FILE);
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
  assert.match(text, /\nloadstone_database_connections\{purpose="pool",state="idle"\} \d/);
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
  const file = readFileSync(join(import.meta.dirname, '../../docs/grafana-dashboard.json'), 'utf8');
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
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const behind = await read('/readyz');
  assert.equal(behind.status, 503);
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
