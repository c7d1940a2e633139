// Misbehaving data sources and dying servers do not harm the catalogue, and everything recovers.

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { expectCatalogue, expectNothingLeft } from '../../support/imports/catalogue.ts';
import { CatalogueModel } from '../../support/imports/catalogue-model.ts';
import { holdLock } from '../../support/imports/hold-lock.ts';
import { importEnds } from '../../support/imports/import-state.ts';
import { query } from '../../support/server/graphql-client.ts';
import type { TestServer } from '../../support/server/server.ts';
import { startServerProcess } from '../../support/server/server-process.ts';
import {
  addSource,
  commandSource,
  NEVER,
  type SourceState,
  sourceImported,
  sourceReaches,
  startSourcesServer,
  syncAndSettle,
} from '../../support/sources/data-sources.ts';
import { type FileHost, startFileHost } from '../../support/sources/file-host.ts';
import { waitUntil } from '../../support/wait-until.ts';

const HEADER = 'name,sku,description\n';
const GOOD = `${HEADER}Ada,a,first\nBob,b,first\n`;
const SHORT = HEADER + Array.from({ length: 1000 }, (_, i) => `Name ${i},sku-${i},some text\n`).join('');
const LONG = HEADER + Array.from({ length: 5_000 }, (_, i) => `Name ${i},sku-${i},some text\n`).join('');

interface Fault {
  what: string;
  answer: (response: ServerResponse, host: FileHost) => void;
  code: string;
  message: RegExp;
}

const FAULTS: Fault[] = [
  {
    what: 'answers 500',
    answer: (response) => void response.writeHead(500).end('oops'),
    code: 'SOURCE_STATUS',
    message: /500/,
  },
  {
    what: 'serves HTML',
    answer: (response) =>
      void response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html><title>Sign in</title>'),
    code: 'SOURCE_NOT_DATA',
    message: /page/,
  },
  {
    what: 'serves HTML and calls it CSV',
    answer: (response) =>
      void response
        .writeHead(200, { 'content-type': 'text/csv' })
        .end('<!doctype html><title>Sign in</title>'),
    code: 'SOURCE_NOT_DATA',
    message: /page/,
  },
  {
    what: 'sends less than its Content-Length',
    answer: (response) => {
      response.writeHead(200, { 'content-length': LONG.length + 1000 }).write(LONG);
      setTimeout(() => response.destroy(), 100);
    },
    code: 'SOURCE_INTERRUPTED',
    message: /./,
  },
  {
    what: 'disconnects in the middle of a chunked response',
    answer: (response) => {
      response.writeHead(200).write(LONG.slice(0, LONG.length / 2));
      setTimeout(() => response.destroy(), 100);
    },
    code: 'SOURCE_INTERRUPTED',
    message: /./,
  },
  {
    what: 'never answers',
    answer: () => {},
    code: 'SOURCE_TIMEOUT',
    message: /./,
  },
  {
    what: 'stalls in the middle of the response',
    answer: (response) => void response.writeHead(200).write(LONG.slice(0, 1000)),
    code: 'SOURCE_TIMEOUT',
    message: /./,
  },
  {
    what: 'redirects in a loop',
    answer: (response, host) => void response.writeHead(302, { location: `${host.url}/bad.csv` }).end(),
    code: 'SOURCE_REDIRECTS',
    message: /./,
  },
  {
    what: 'redirects to a local file',
    answer: (response) => void response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    code: 'SOURCE_REDIRECTS',
    message: /./,
  },
  {
    what: 'exceeds the size limit',
    answer: (response) => void response.writeHead(200).end(LONG + LONG),
    code: 'FILE_TOO_LARGE',
    message: /./,
  },
  {
    what: 'serves a file without the required columns',
    answer: (response) => void response.writeHead(200).end('colour,size\nred,1\n'),
    code: 'MISSING_COLUMN',
    message: /./,
  },
];

for (const { what, answer, code, message } of FAULTS) {
  test(`a source that ${what} fails with a reason, changes nothing, and recovers`, async (t) => {
    const server = await startSourcesServer(t, {
      sourceSilenceSeconds: 1,
      maxUploadBytes: LONG.length + 5000,
    });
    const host = await startFileHost(t);
    host.serve('/bad.csv', GOOD);
    const { id } = await addSource(server, { url: `${host.url}/bad.csv` });
    const { lastImport } = await sourceImported(server, id);

    host.answer('/bad.csv', (_request, response) => answer(response, host));
    await commandSource(server, 'syncDataSource', id);
    const failing = await sourceReaches(server, id, 'fails', ({ state }) => state === 'FAILING');
    assert.equal(failing.error?.code, code, JSON.stringify(failing.error));
    assert.match(failing.error?.message ?? '', message);
    assert.ok((failing.error?.message ?? '').length > 30, 'it says what to do');
    assert.deepEqual([failing.consecutiveFailures, failing.lastImport?.id], [1, lastImport.id]);
    assert.ok(
      Date.parse(failing.nextCheckAt ?? '') < Date.now() + (NEVER / 2) * 1000,
      'it is tried again soon',
    );
    const model = new CatalogueModel();
    model.import(GOOD);
    await expectCatalogue(server, model);

    host.serve('/bad.csv', LONG);
    await commandSource(server, 'syncDataSource', id);
    const healed = await sourceImported(server, id, lastImport);
    assert.deepEqual([healed.state, healed.error, healed.consecutiveFailures], ['IDLE', null, 0]);
    model.import(LONG);
    await expectCatalogue(server, model);
    await expectNothingLeft(server);
  });
}

test('a failing source is checked with exponential backoff, which is reset once it recovers', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  let failing = true;
  const asked: number[] = [];
  host.answer('/a.csv', (request, response) => {
    asked.push(Date.now());
    if (failing) return void response.writeHead(503).end();
    const isKnown = request.headers['if-none-match'] === '"1"';
    response.writeHead(isKnown ? 304 : 200, { etag: '"1"' }).end(isKnown ? undefined : GOOD);
  });
  const { id } = await addSource(server, { url: `${host.url}/a.csv`, intervalSeconds: 1 });
  await sourceReaches(
    server,
    id,
    'failed three times',
    ({ consecutiveFailures }) => consecutiveFailures >= 3,
  );
  const [first = 0, second = 0, third = 0] = asked;
  assert.ok(second - first >= 900 && third - second >= 1800, 'the pauses grow');
  failing = false;
  const healed = await sourceImported(server, id);
  assert.deepEqual([healed.consecutiveFailures, healed.error], [0, null]);
  await waitUntil('it is asked at its interval again', () => host.count('/a.csv', 304) >= 2);
});

test('an unresponsive source does not delay the others', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  const dead = await startFileHost(t);
  for (let i = 0; i < 20; i++) {
    dead.answer(`/${i}.csv`, () => {});
    await addSource(server, { name: `dead ${i}`, url: `${dead.url}/${i}.csv` });
  }
  host.serve('/a.csv', GOOD);
  const { id } = await addSource(server, { url: `${host.url}/a.csv` });
  await sourceImported(server, id);
  assert.ok(dead.requests.length < 20, 'they are not all asked at once');
});

test('when many sources change at once, only a few are fetched at a time, and none is lost', async (t) => {
  const server = await startSourcesServer(t);
  const hosts = await Promise.all([startFileHost(t), startFileHost(t), startFileHost(t)]);
  const go = Promise.withResolvers<void>();
  let open = 0;
  const unread = new Set<number>();
  for (let i = 0; i < 18; i++) {
    const host = hosts[i % 3] ?? assert.fail();
    unread.add(i);
    host.answer(`/${i}/sense`, (_request, response) => void response.end(unread.has(i) ? '1' : '0'));
    host.answer(`/${i}/read`, async (_request, response) => {
      // Some servers report this whether or not the response arrives.
      unread.delete(i);
      open++;
      response.once('close', () => open--);
      response.writeHead(200).write(SHORT);
      await go.promise;
      response.end(`Own,own-${i},own\n`);
    });
    await addSource(server, { name: `${i}`, kind: 'SENSE_READ', url: `${host.url}/${i}` });
  }
  await waitUntil('all were asked, and some let go of', () => unread.size === 0 && open === 12);
  go.resolve();
  await waitUntil(
    'all are imported',
    async () => {
      const [row] = await server.database.sql`SELECT count(*) AS rows FROM products WHERE sku LIKE 'own-%'`;
      return row?.['rows'] === 18;
    },
    120_000,
  ).catch(async (error: Error) => {
    const states = await server.database.sql`SELECT name, activity, error_message FROM data_sources`;
    throw new Error(`${error.message}: ${JSON.stringify(states)}`);
  });
  const { database } = server;
  assert.deepEqual(
    [...(await database.sql`SELECT name, error_message FROM data_sources WHERE failures > 0`)],
    [],
  );
});

test('a source is never fetched twice at once, and a change during a fetch is fetched afterwards', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  let atOnce = 0;
  let most = 0;
  let version = 1;
  const middle = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  host.answer('/a.csv', async (request, response) => {
    most = Math.max(most, ++atOnce);
    response.once('close', () => atOnce--);
    const etag = `"${version}"`;
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304, { etag }).end();
    const lines = `Name,sku-${version},version ${version}\n`;
    response.writeHead(200, { etag }).write(HEADER);
    middle.resolve();
    await go.promise;
    response.end(lines);
  });
  const { id } = await addSource(server, { url: `${host.url}/a.csv`, intervalSeconds: 1 });
  await middle.promise;
  version = 2;
  for (let i = 0; i < 3; i++) await commandSource(server, 'syncDataSource', id);
  go.resolve();
  await waitUntil('the second version is here', async () => {
    const found = await server.database.sql`SELECT sku FROM products ORDER BY sku`;
    return found.map(({ sku }) => sku).join() === 'sku-1,sku-2';
  });
  assert.equal(most, 1);
});

test('a source whose import was cancelled is fetched again', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  const started = Promise.withResolvers<void>();
  host.answer('/a.csv', (_request, response) => {
    response.writeHead(200, { etag: '"1"' }).write(LONG);
    started.resolve();
  });
  const { id } = await addSource(server, { url: `${host.url}/a.csv` });
  await started.promise;
  const { currentImport } = await sourceReaches(
    server,
    id,
    'fetches',
    (state) => state.currentImport !== null,
  );
  await query(server.url, `mutation { cancelImport(id: "${currentImport?.id}") { status } }`);
  const failing = await sourceReaches(server, id, 'says so', ({ state }) => state === 'FAILING');
  assert.equal(failing.error?.code, 'IMPORT_CANCELLED');
  host.serve('/a.csv', GOOD);
  await commandSource(server, 'syncDataSource', id);
  await sourceImported(server, id);
});

/** A source whose file stops halfway until it is released. */
async function halfFetched(
  server: TestServer,
  host: FileHost,
  url: string,
): Promise<{ source: SourceState; importId: string }> {
  const state = { isStuck: true };
  host.answer('/a.csv', (_request, response) => {
    response.writeHead(200, { etag: '"1"' });
    if (state.isStuck) response.write(LONG.slice(0, LONG.length / 2));
    else response.end(LONG);
    state.isStuck = false;
  });
  const source = await addSource({ ...server, url }, { url: `${host.url}/a.csv` });
  const { currentImport } = await sourceReaches(
    { ...server, url },
    source.id,
    'fetches',
    (state) => state.currentImport !== null,
  );
  const importId = currentImport?.id ?? assert.fail('there is no import');
  await waitUntil('half of it is here', async () => {
    const [row] = await server.database
      .sql`SELECT bytes_received AS bytes FROM imports WHERE id = ${importId}`;
    return (row?.['bytes'] ?? 0) > 0;
  });
  return { source, importId };
}

async function expectFetchedAgain(server: TestServer, source: SourceState, importId: string): Promise<void> {
  const done = await sourceImported(server, source.id);
  assert.notEqual(done.lastImport.id, importId);
  const broken = await importEnds(server.url, importId);
  assert.deepEqual([broken.status, broken.error?.code], ['FAILED', 'UPLOAD_INTERRUPTED']);
  assert.deepEqual([done.state, done.error, done.consecutiveFailures], ['IDLE', null, 0]);
  const model = new CatalogueModel();
  model.import(LONG);
  await expectCatalogue(server, model);
  await expectNothingLeft(server);
}

test('the next server fetches again after a server is stopped during a fetch', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  const { source, importId } = await halfFetched(server, host, server.url);
  await server.close();
  const { dataDir, databaseUrl } = server.settings;
  const next = await startSourcesServer(t, { dataDir, databaseUrl });
  await expectFetchedAgain(next, source, importId);
});

test('the next server fetches again after a server is killed during a fetch', async (t) => {
  const server = await prepared(t);
  const host = await startFileHost(t);
  const killed = await startServerProcess(t, server, { ALLOW_PRIVATE_SOURCES: 'true' });
  const { source, importId } = await halfFetched(server, host, killed.url);
  await killed.kill();
  const next = await startSourcesServer(t, server.settings);
  await expectFetchedAgain(next, source, importId);
});

test('a running server takes over and fetches again after another is killed during a fetch', async (t) => {
  const server = await prepared(t);
  const host = await startFileHost(t);
  const killed = await startServerProcess(t, server, { ALLOW_PRIVATE_SOURCES: 'true' });
  const { source, importId } = await halfFetched(server, host, killed.url);
  const running = await startSourcesServer(t, server.settings);
  await killed.kill();
  await expectFetchedAgain(running, source, importId);
});

test('only one of two servers watches sources, and the other takes over when it stops', async (t) => {
  const first = await startSourcesServer(t);
  const { dataDir, databaseUrl } = first.settings;
  const second = await startSourcesServer(t, { dataDir, databaseUrl });
  const host = await startFileHost(t);
  host.serve('/a.csv', GOOD);
  // Sent to the server that does not watch.
  const { id } = await addSource(second, { url: `${host.url}/a.csv` });
  const { lastImport } = await sourceImported(second, id);
  assert.equal(host.requests.length, 1);
  await first.close();
  host.serve('/a.csv', LONG);
  await commandSource(second, 'syncDataSource', id);
  await sourceImported(second, id, lastImport);
  assert.equal(host.requests.length, 2);
});

test('a watcher that loses its connections restarts and misses no change', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  host.serve('/a.csv', GOOD);
  const { id } = await addSource(server, { url: `${host.url}/a.csv`, intervalSeconds: 1 });
  const { lastImport } = await sourceImported(server, id);
  await server.database.sql`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'loadstone%'`;
  host.serve('/a.csv', LONG);
  await waitUntil(
    'the change is imported',
    async () => {
      const [row] = await server.database.sql`
        SELECT FROM data_sources WHERE last_import_id <> ${lastImport.id} AND import_id IS NULL`;
      return row !== undefined;
    },
    30_000,
  );
  const settled = await syncAndSettle(server, id);
  assert.equal(settled.state, 'IDLE');
});

/** A database and a data folder without a server. */
async function prepared(t: TestContext): Promise<TestServer> {
  const server = await startSourcesServer(t);
  await server.close();
  return server;
}

/** Blocks the server's next statement on a table, then cancels it or terminates its connection. Later statements run. */
async function failOnce(
  t: TestContext,
  server: TestServer,
  table: string,
  end: 'cancel' | 'terminate',
  act: () => Promise<unknown>,
): Promise<void> {
  const lock = await holdLock(t, server, `LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
  await act();
  await waitUntil(`a statement on ${table} waits, and is ended`, async () => {
    const ended = await server.database.sql`
      SELECT ${server.database.sql.unsafe(`pg_${end}_backend`)}(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE ${`%${table}%`}
        AND pid <> pg_backend_pid()`;
    return ended.length > 0;
  });
  await lock.release();
}

for (const end of ['cancel', 'terminate'] as const) {
  test(`a requested check is made even if reading the source from the database fails (${end})`, async (t) => {
    const server = await startSourcesServer(t);
    const host = await startFileHost(t);
    host.serve('/a.csv', GOOD);
    const { id } = await addSource(server, { url: `${host.url}/a.csv` });
    const { lastImport } = await sourceImported(server, id);
    host.serve('/a.csv', SHORT);
    // The response must not read the headers itself.
    const sync = () => query(server.url, `mutation { syncDataSource(id: "${id}") { id } }`);
    await failOnce(t, server, 'data_source_headers', end, sync);
    await sourceImported(server, id, lastImport);
    assert.equal(host.requests.length, 2);
  });
}

test('a database error while a source is claimed does not count as a failure of the source', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  host.serve('/a.csv', GOOD);
  const states: SourceState[] = [];
  let id = '';
  await failOnce(t, server, 'data_source_imports', 'cancel', async () => {
    ({ id } = await addSource(server, { url: `${host.url}/a.csv` }));
  });
  const done = await sourceReaches(server, id, 'has imported it', (state) => {
    states.push(state);
    return state.lastImport !== null;
  });
  assert.deepEqual([done.consecutiveFailures, done.error], [0, null]);
  assert.ok(states.every(({ consecutiveFailures, error }) => consecutiveFailures === 0 && error === null));
});
