// Working data sources of both kinds, changed and unchanged, and what a client can do with them.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { createClient } from 'graphql-sse';
import { startSourceServer } from '../../../src/source-server/start.ts';
import { expectCatalogue, expectNothingLeft } from '../../support/imports/catalogue.ts';
import { CatalogueModel } from '../../support/imports/catalogue-model.ts';
import { releaseAfter } from '../../support/release.ts';
import { expectNoErrors, query } from '../../support/server/graphql-client.ts';
import {
  addSource,
  commandSource,
  NEVER,
  type SourceState,
  sourceImported,
  sourceReaches,
  sourceState,
  startSourcesServer,
  syncAndSettle,
  updateSource,
} from '../../support/sources/data-sources.ts';
import { startFileHost } from '../../support/sources/file-host.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';

const HEADER = 'name,sku,description\n';
const FIRST = `${HEADER}Ada,a,first\nBob,b,first\n`;
const SECOND = `${HEADER}Ada,a,first\nBob,b,second\nCleo,c,second\n`;

test('a file at a URL is imported, skipped while unchanged, and merged when it changes', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  host.serve('/shop/products.csv', FIRST);
  const { id } = await addSource(server, { name: 'shop', url: `${host.url}/shop/products.csv` });
  const first = await sourceImported(server, id);
  assert.equal(first.lastImport.fileName, 'products.csv');
  assert.deepEqual(first.lastImport.source, { id, name: 'shop' });
  assert.equal(first.lastImport.rows.inserted, 2);
  assert.equal(first.state, 'IDLE');
  assert.ok(first.lastImportAt && first.lastChangeAt && first.lastCheckAt && first.nextCheckAt);

  const unchanged = await syncAndSettle(server, id);
  assert.equal(unchanged.lastImport?.id, first.lastImport.id);
  assert.equal(unchanged.lastChangeAt, first.lastChangeAt);
  assert.equal(host.count('/shop/products.csv', 304), 1);

  host.serve('/shop/products.csv', SECOND);
  await commandSource(server, 'syncDataSource', id);
  const { lastImport } = await sourceImported(server, id, first.lastImport);
  assert.deepEqual(lastImport.rows, {
    read: 3,
    inserted: 1,
    updated: 1,
    unchanged: 1,
    superseded: 0,
    rejected: 0,
    deleted: 0,
  });
  const model = new CatalogueModel();
  model.import(FIRST);
  model.import(SECOND);
  await expectCatalogue(server, model);
  await expectNothingLeft(server);
});

test('a check requested during a check does not start another', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
  host.answer('/once.csv', async (_request, response) => {
    await mayAnswer;
    response.writeHead(200).end(FIRST);
  });
  const { id } = await addSource(server, { url: `${host.url}/once.csv` });
  await waitUntil('it is asked', () => host.requests.length === 1);
  const { sql } = server.database;
  const [added] = await sql<[{ order: string }]>`
    SELECT id || ' ' || floor(extract(epoch FROM created_at) * 1000)::bigint AS order FROM data_sources`;
  await sql.notify('loadstone_source_order', added.order);
  // Long enough for an extra check to be requested and made.
  await delay(200);
  answer();
  await sourceImported(server, id);
  await delay(200);
  assert.equal(host.requests.length, 1);
});

test('a source is checked automatically at its interval', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  host.serve('/a.csv', FIRST);
  const { id } = await addSource(server, { url: `${host.url}/a.csv`, intervalSeconds: 1 });
  await waitUntil('it was checked some times', () => host.count('/a.csv', 304) >= 3);
  host.serve('/a.csv', SECOND);
  await sourceReaches(server, id, 'has the new file', ({ lastImport }) => lastImport?.rows.inserted === 1);
});

test('changes are detected by Last-Modified without an ETag, and by content without either', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  const modified = 'Tue, 01 Sep 2026 10:00:00 GMT';
  host.answer('/dated.csv', (request, response) => {
    if (request.headers['if-modified-since'] === modified) return void response.writeHead(304).end();
    response.writeHead(200, { 'last-modified': modified }).end(FIRST);
  });
  host.answer('/bare.csv', (_request, response) => void response.end(FIRST));
  for (const path of ['/dated.csv', '/bare.csv']) {
    const { id } = await addSource(server, { name: path, url: host.url + path });
    const { lastImport } = await sourceImported(server, id);
    const again = await syncAndSettle(server, id);
    assert.equal(again.lastImport?.id, lastImport.id, path);
    assert.equal(again.state, 'IDLE');
  }
  // Once on request, and once more if its interval elapsed meanwhile.
  assert.ok(host.count('/dated.csv', 304) >= 1);
  host.answer('/bare.csv', (_request, response) => void response.end(SECOND));
  const { data } = await query<{ dataSources: { nodes: SourceState[] } }>(
    server.url,
    '{ dataSources { nodes { id name lastImport { id } } } }',
  );
  const bare = data?.dataSources.nodes.find(({ name }) => name === '/bare.csv');
  await commandSource(server, 'syncDataSource', bare?.id ?? '');
  const { lastImport } = await sourceImported(server, bare?.id ?? '', bare?.lastImport);
  assert.equal(lastImport.rows.inserted, 1);
});

test('a folder served by the data source server is watched and read', async (t) => {
  const server = await startSourcesServer(t);
  const dir = await createTemporaryFolder(t);
  await writeFile(join(dir, 'one.csv'), FIRST);
  const hosted = await startSourceServer({ dir, host: '127.0.0.1', port: 0 });
  releaseAfter(t, () => hosted.close());
  const { id } = await addSource(server, { kind: 'SENSE_READ', url: hosted.url });
  const { lastImport } = await sourceImported(server, id);
  assert.equal(lastImport.rows.inserted, 2);
  const unchanged = await syncAndSettle(server, id);
  assert.equal(unchanged.lastImport?.id, lastImport.id);

  await writeFile(join(dir, 'two.csv'), `${HEADER}Dora,d,of another file\n`);
  await waitUntil('the change is sensed and imported', async () => {
    const state = await syncAndSettle(server, id);
    return state.lastImport?.rows.inserted === 1;
  });
  const file = await addSource(server, { name: 'file', url: `${hosted.url}/files/one.csv` });
  const { lastImport: ofFile } = await sourceImported(server, file.id);
  assert.deepEqual([ofFile.rows.read, ofFile.rows.unchanged], [2, 2]);
});

test('a file of a data source server is read again after its import failed', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  let changed = '1';
  let content = 'no header of ours\n';
  host.answer('/sense', (_request, response) => void response.end(changed));
  host.answer('/read', (_request, response) => {
    changed = '0';
    response.end(content);
  });
  const { id } = await addSource(server, { kind: 'SENSE_READ', url: host.url });
  const failed = await sourceReaches(server, id, 'fails', ({ state }) => state === 'FAILING');
  assert.equal(failed.error?.code, 'MISSING_COLUMN');
  assert.equal(failed.consecutiveFailures, 1);
  content = FIRST;
  await commandSource(server, 'syncDataSource', id);
  const done = await sourceImported(server, id);
  assert.deepEqual([done.state, done.consecutiveFailures, done.error], ['IDLE', 0, null]);
});

test('compressed files and compressed transfers are both read', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  host.serve('/products.csv.gz', gzipSync(FIRST));
  host.answer('/encoded.csv', (_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(SECOND));
  });
  for (const path of ['/products.csv.gz', '/encoded.csv']) {
    const { id } = await addSource(server, { name: path, url: host.url + path });
    await sourceImported(server, id);
  }
  const model = new CatalogueModel();
  model.import(FIRST);
  model.import(SECOND);
  await expectCatalogue(server, model);
});

test('headers are sent to the source and never returned to clients', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  const secret = 'Bearer very-secret-token';
  host.answer('/a.csv', (request, response) => {
    if (request.headers['authorization'] !== secret) return void response.writeHead(401).end(secret);
    response.writeHead(200, { etag: '"1"' }).end(FIRST);
  });
  const headers = [{ name: 'Authorization', value: secret }];
  const { id, headerNames } = await addSource(server, { url: `${host.url}/a.csv`, headers });
  assert.deepEqual(headerNames, ['authorization']);
  await sourceImported(server, id);
  await updateSource(server, id, { headers: [{ name: 'authorization', value: 'Bearer another-secret' }] });
  const failed = await sourceReaches(server, id, 'is refused', ({ state }) => state === 'FAILING');
  assert.equal(failed.error?.code, 'SOURCE_STATUS');
  assert.match(failed.error?.message ?? '', /401/);
  assert.doesNotMatch(JSON.stringify(failed), /secret/);

  const bad = [
    { name: 'Authorization', value: `secret\r\nhost: elsewhere` },
    { name: 'Host', value: 'secret' },
  ];
  for (const header of bad) {
    const answer = await query(
      server.url,
      'mutation ($id: ID!, $headers: [DataSourceHeader!]!) { updateDataSource(id: $id, input: { headers: $headers }) { id } }',
      { id, headers: [header] },
    );
    assert.equal(answer.errors?.[0]?.extensions?.code, 'BAD_USER_INPUT');
    assert.doesNotMatch(JSON.stringify(answer.errors), /secret/);
  }
  const kept = await server.database.sql`
    SELECT to_jsonb(data_sources)::text || coalesce(string_agg(to_jsonb(imports)::text, ''), '') AS row
    FROM data_sources LEFT JOIN imports ON true GROUP BY data_sources.*`;
  assert.doesNotMatch(String(kept[0]?.['row']), /secret/);

  await commandSource(server, 'removeDataSource', id);
  assert.deepEqual([...(await server.database.sql`SELECT * FROM data_source_headers`)], []);
});

test('a paused source is checked only on demand, and catches up immediately when resumed', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  host.serve('/a.csv', FIRST);
  const { id } = await addSource(server, { url: `${host.url}/a.csv`, intervalSeconds: 1 });
  const { lastImport } = await sourceImported(server, id);
  const paused = await commandSource(server, 'pauseDataSource', id);
  assert.deepEqual(
    [paused.state === 'PAUSED' || paused.state === 'CHECKING', paused.nextCheckAt],
    [true, null],
  );
  await sourceReaches(server, id, 'is paused', ({ state }) => state === 'PAUSED');
  host.serve('/a.csv', SECOND);
  const asked = host.requests.length;
  const quiet = await addSource(server, { name: 'meanwhile', url: `${host.url}/b.csv`, intervalSeconds: 1 });
  await sourceReaches(
    server,
    quiet.id,
    'failed twice meanwhile',
    ({ consecutiveFailures }) => consecutiveFailures > 2,
  );
  assert.equal(host.requests.slice(asked).filter(({ url }) => url === '/a.csv').length, 0);
  await commandSource(server, 'syncDataSource', id);
  const synced = await sourceImported(server, id, lastImport);
  assert.deepEqual([synced.state, synced.nextCheckAt], ['PAUSED', null]);
  host.serve('/a.csv', FIRST);
  await commandSource(server, 'resumeDataSource', id);
  const resumed = await sourceImported(server, id, synced.lastImport);
  assert.equal(resumed.lastImport.rows.updated, 1);
});

test('a changed URL is fetched regardless of the validators of the old one', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  // Both URLs have the same ETag.
  for (const [path, content] of [
    ['/a.csv', FIRST],
    ['/b.csv', SECOND],
  ] as const) {
    host.answer(path, (request, response) => {
      const isKnown = request.headers['if-none-match'] === '"1"';
      response.writeHead(isKnown ? 304 : 200, { etag: '"1"' }).end(isKnown ? undefined : content);
    });
  }
  const { id } = await addSource(server, { url: `${host.url}/a.csv` });
  const { lastImport } = await sourceImported(server, id);
  const renamed = await updateSource(server, id, { name: 'renamed', intervalSeconds: NEVER - 1 });
  assert.deepEqual([renamed.name, renamed.intervalSeconds], ['renamed', NEVER - 1]);
  await updateSource(server, id, { url: `${host.url}/b.csv` });
  const after = await sourceImported(server, id, lastImport);
  assert.equal(after.lastImport.rows.inserted, 1);
  assert.equal(after.lastImport.source?.name, 'renamed');
});

test('removing a source keeps its products and imports, and frees its name', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  host.serve('/a.csv', FIRST);
  const { id } = await addSource(server, { name: 'gone', url: `${host.url}/a.csv`, mode: 'REPLACE' });
  const { lastImport, productCount } = await sourceImported(server, id);
  assert.equal(productCount, 2);
  assert.equal((await commandSource(server, 'removeDataSource', id)).state, 'REMOVED');
  assert.equal(await sourceState(server, id), null);
  const unknown = await query(server.url, `mutation { syncDataSource(id: "${id}") { id } }`);
  assert.equal(unknown.errors?.[0]?.extensions?.code, 'NOT_FOUND');
  await waitUntil('what it brought is given up', async () => {
    const claims = await server.database.sql`SELECT FROM source_products`;
    return claims.length === 0;
  });
  const model = new CatalogueModel();
  model.import(FIRST);
  await expectCatalogue(server, model);
  const { data } = await query<{ import: { source: object } }>(
    server.url,
    `{ import(id: "${lastImport.id}") { source { id name } } }`,
  );
  assert.deepEqual(data?.import.source, { id, name: 'gone' });
  await addSource(server, { name: 'gone', url: `${host.url}/a.csv` });
});

test('a subscriber sees each state of a source, up to its removal', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  const answered = Promise.withResolvers<void>();
  host.answer('/a.csv', async (_request, response) => {
    response.writeHead(200, { etag: '"1"' }).write(HEADER);
    await answered.promise;
    response.end('Ada,a,first\n');
  });
  const { id } = await addSource(server, { url: `${host.url}/a.csv` });
  const client = createClient({ url: `${server.url}/graphql`, retryAttempts: 0 });
  releaseAfter(t, () => client.dispose());
  const states: string[] = [];
  let removing: Promise<unknown> | undefined;
  const watching = (async () => {
    const document = `subscription { dataSourceChanged(id: "${id}") { state lastImport { id } } }`;
    for await (const { data } of client.iterate<{ dataSourceChanged: SourceState }>({ query: document })) {
      const { state = '', lastImport } = data?.dataSourceChanged ?? {};
      states.push(state);
      if (state === 'FETCHING') answered.resolve();
      if (state === 'IDLE' && lastImport) removing ??= commandSource(server, 'removeDataSource', id);
    }
  })();
  await watching;
  await removing;
  const order = ['IDLE', 'CHECKING', 'FETCHING', 'IMPORTING', 'IDLE', 'REMOVED'];
  assert.equal(states.at(-1), 'REMOVED');
  assert.ok(
    states.includes('FETCHING') && states.lastIndexOf('IDLE') > states.indexOf('FETCHING'),
    states.join(),
  );
  assert.ok(
    states.every((state) => order.includes(state)),
    states.join(),
  );
});

test('invalid sources are rejected with a reason', async (t) => {
  const server = await startSourcesServer(t, { allowPrivateSources: false });
  const host = await startFileHost(t);
  const document = 'mutation ($input: AddDataSourceInput!) { addDataSource(input: $input) { id } }';
  const good = { name: 'a', kind: 'HTTP', url: 'https://shop.example/a.csv' };
  const long = { name: 'x', value: 'x'.repeat(9000) };
  const bad: [object, string, RegExp][] = [
    [{ url: 'ftp://shop.example/a.csv' }, 'BAD_USER_INPUT', /http/],
    [{ url: 'nonsense' }, 'BAD_USER_INPUT', /URL/],
    [{ url: 'http://user:secret@shop.example/' }, 'BAD_USER_INPUT', /header/],
    [{ url: 'http://127.0.0.1/a.csv' }, 'SOURCE_ADDRESS_REFUSED', /ALLOW_PRIVATE_SOURCES/],
    [{ url: 'http://[::1]/a.csv' }, 'SOURCE_ADDRESS_REFUSED', /ALLOW_PRIVATE_SOURCES/],
    [{ url: 'http://169.254.169.254/latest' }, 'SOURCE_ADDRESS_REFUSED', /ALLOW_PRIVATE_SOURCES/],
    [{ name: ' ' }, 'BAD_USER_INPUT', /name/],
    [{ name: 'x'.repeat(201) }, 'BAD_USER_INPUT', /200/],
    [{ name: 'a\u0000' }, 'BAD_USER_INPUT', /NUL/],
    [{ intervalSeconds: 0 }, 'BAD_USER_INPUT', /intervalSeconds/],
    [{ maxDeletedShare: 1.5 }, 'BAD_USER_INPUT', /maxDeletedShare/],
    [{ headers: [long] }, 'BAD_USER_INPUT', /8192/],
    [{ encoding: 'klingon' }, 'BAD_USER_INPUT', /encoding/],
    [{ encoding: '' }, 'BAD_USER_INPUT', /encoding/],
    [{ delimiter: 'tab' }, 'BAD_USER_INPUT', /delimiter/],
    [{ delimiter: '"' }, 'BAD_USER_INPUT', /delimiter/],
    [{ maxRejectedRows: -1 }, 'BAD_USER_INPUT', /maxRejectedRows/],
  ];
  for (const [input, code, message] of bad) {
    const { errors } = await query(server.url, document, { input: { ...good, ...input } });
    assert.equal(errors?.[0]?.extensions?.code, code, JSON.stringify(input));
    assert.deepEqual([errors?.[0]?.extensions?.field], Object.keys(input), 'the field at fault is named');
    assert.match(errors?.[0]?.message ?? '', message);
  }
  // A host name is checked by the address it resolves to when connecting.
  const { port } = new URL(host.url);
  const { id } = await addSource(server, { url: `http://localhost:${port}/a.csv` });
  const failing = await sourceReaches(server, id, 'is refused', ({ state }) => state === 'FAILING');
  assert.equal(failing.error?.code, 'SOURCE_ADDRESS_REFUSED');
  assert.equal(host.requests.length, 0);
  const again = await query(server.url, document, { input: { ...good, name: 'source' } });
  assert.equal(again.errors?.[0]?.extensions?.code, 'BAD_USER_INPUT');
  assert.equal(again.errors?.[0]?.extensions?.field, 'name');
  assert.match(again.errors?.[0]?.message ?? '', /another data source/i);
});

test('sources are listed by name and paginated', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  for (const name of ['b', 'c', 'a']) await addSource(server, { name, url: `${host.url}/${name}.csv` });
  const page = `query ($after: String) {
    dataSources(first: 2, after: $after) { nodes { name } pageInfo { hasNextPage endCursor } }
  }`;
  type Page = {
    dataSources: { nodes: { name: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
  };
  const { dataSources: first } = expectNoErrors(await query<Page>(server.url, page));
  assert.deepEqual([first.nodes.map(({ name }) => name), first.pageInfo.hasNextPage], [['a', 'b'], true]);
  const { dataSources: rest } = expectNoErrors(
    await query<Page>(server.url, page, { after: first.pageInfo.endCursor }),
  );
  assert.deepEqual([rest.nodes.map(({ name }) => name), rest.pageInfo.hasNextPage], [['c'], false]);
});
