// Which of several rows with one SKU is imported: the last, the first, or none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ImportOptions } from '../../../src/cli/client/loadstone-client.ts';
import { sampleChunks } from '../../../src/cli/sample/sample-rows.ts';
import { expectCatalogue, expectExactCounts, expectNothingLeft } from '../../support/imports/catalogue.ts';
import { CatalogueModel } from '../../support/imports/catalogue-model.ts';
import { holdMerges, waitForWaiting } from '../../support/imports/hold-lock.ts';
import { importEnds } from '../../support/imports/import-state.ts';
import { importIssues } from '../../support/imports/issues.ts';
import { expectNoErrors, importAndWait, query, upload } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../../support/server/server.ts';
import {
  addSource,
  sourceImported,
  sourceReaches,
  startSourcesServer,
} from '../../support/sources/data-sources.ts';
import { startFileHost } from '../../support/sources/file-host.ts';

type Rule = NonNullable<ImportOptions['onDuplicate']>;

const FILE = `name,sku,description
First,a-1,1
Only,b-1,x
"Sec
ond",a-1,"2, ""two"""
Third,a-1,3
`;

test('the first row wins, and the others are superseded by it', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const done = await importAndWait(server.url, FILE, { onDuplicate: 'FIRST_WINS' });
  assert.deepEqual(done.rows, { read: 4, inserted: 2, updated: 0, unchanged: 0, superseded: 2, rejected: 0 });
  const issues = await importIssues(server.url, done.id);
  assert.deepEqual(
    issues.map(({ line, code, winningLine, record }) => [line, code, winningLine, record]),
    [
      [4, 'SUPERSEDED', 2, '"Sec\nond",a-1,"2, ""two"""'],
      [6, 'SUPERSEDED', 2, 'Third,a-1,3'],
    ],
  );
  assert.match(issues[0]?.message ?? '', /^An earlier row of the file, on line 2,/);
  const model = new CatalogueModel();
  model.products.set('a-1', { name: 'First', description: '1' });
  model.products.set('b-1', { name: 'Only', description: 'x' });
  await expectCatalogue(server, model);
});

test('all rows with a repeated SKU are rejected, and one that is kept is imported', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const done = await importAndWait(server.url, FILE, { onDuplicate: 'REJECT' });
  assert.deepEqual(done.rows, { read: 4, inserted: 1, updated: 0, unchanged: 0, superseded: 0, rejected: 3 });
  const seen = await query<{ import: { onDuplicate: string; issues: { nodes: { lineCount: number }[] } } }>(
    server.url,
    'query ($id: ID!) { import(id: $id) { onDuplicate issues { nodes { lineCount recordIsWhole } } issueCounts { code count } } }',
    { id: done.id },
  );
  assert.deepEqual(expectNoErrors(seen).import, {
    onDuplicate: 'REJECT',
    issues: { nodes: [1, 2, 1].map((lineCount) => ({ lineCount, recordIsWhole: true })) },
    issueCounts: [{ code: 'DUPLICATE_SKU', count: 3 }],
  });
  const issues = await importIssues(server.url, done.id);
  assert.deepEqual(
    issues.map(({ line, kind, code, column, record }) => [line, kind, code, column, record]),
    [
      [2, 'REJECTED', 'DUPLICATE_SKU', 'sku', 'First,a-1,1'],
      [4, 'REJECTED', 'DUPLICATE_SKU', 'sku', '"Sec\nond",a-1,"2, ""two"""'],
      [6, 'REJECTED', 'DUPLICATE_SKU', 'sku', 'Third,a-1,3'],
    ],
  );
  assert.match(issues[0]?.message ?? '', /in 3 rows of the file, on lines 2, 4, 6\. Keep one of them/);

  const download = await (await fetch(String(done.issuesUrl))).text();
  const again = await importAndWait(server.url, download, { onDuplicate: 'REJECT' });
  assert.deepEqual([again.rows.inserted, again.rows.rejected], [0, 3]);
  const one = download.replace('First,a-1,1', ',,').replace('Third,a-1,3', ',,');
  const kept = await importAndWait(server.url, one, { onDuplicate: 'REJECT' });
  assert.deepEqual([kept.rows.inserted, kept.rows.rejected], [1, 2]);
  await expectExactCounts(server);
  await expectNothingLeft(server);
});

test('more repeated rows than may be rejected fail the import, and nothing is imported', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const done = await importAndWait(server.url, FILE, { onDuplicate: 'REJECT', maxRejectedRows: 2 });
  assert.deepEqual([done.status, done.error?.code], ['FAILED', 'TOO_MANY_REJECTED_ROWS']);
  assert.equal((await importIssues(server.url, done.id)).length, 3);
  assert.equal((await server.database.sql`SELECT FROM products`).length, 0);
  await expectNothingLeft(server);
});

test('each rule gives what the rows alone say, in an empty catalogue and after', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const model = new CatalogueModel();
  const cell = fc.constantFrom('a', 'b', 'a "q"', 'two\nlines', ',');
  const row = fc.record({ sku: fc.constantFrom('s1', 's2', 's3', 's4'), name: cell, description: cell });
  const rules = fc.constantFrom<Rule>('LAST_WINS', 'FIRST_WINS', 'REJECT');
  await fc.assert(
    fc.asyncProperty(rules, fc.array(row, { maxLength: 8 }), fc.boolean(), async (rule, rows, hasMore) => {
      const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
      const records = rows.map(({ sku, name, description }) =>
        [sku, name, description, ...(hasMore ? ['more'] : [])].map(quote).join(','),
      );
      const file = [`sku,name,description${hasMore ? ',other' : ''}`, ...records].join('\n');
      const { rows: ledger, error } = await importAndWait(server.url, file, { onDuplicate: rule });
      assert.equal(error, null);
      const bySku = Map.groupBy(rows, ({ sku }) => sku);
      let [superseded, rejected] = [0, 0];
      for (const [sku, same] of bySku) {
        if (rule === 'REJECT' && same.length > 1) rejected += same.length;
        else {
          superseded += same.length - 1;
          const { name, description } = (rule === 'FIRST_WINS' ? same[0] : same.at(-1)) ?? assert.fail();
          model.products.set(sku, { name, description });
        }
      }
      assert.deepEqual(
        [ledger.read, ledger.superseded, ledger.rejected],
        [rows.length, superseded, rejected],
      );
      assert.equal(
        ledger.read,
        ledger.inserted + ledger.updated + ledger.unchanged + ledger.superseded + ledger.rejected,
      );
      await expectCatalogue(server, model);
    }),
    { numRuns: 12 },
  );
});

test('a large file in an empty catalogue, and a restart in the middle, keep the rule', async (t) => {
  const file = Buffer.concat([...sampleChunks(60_000, 7)].map(({ bytes }) => bytes));
  const last = new CatalogueModel();
  const ledger = last.import(file);
  for (const rule of ['FIRST_WINS', 'REJECT'] as const) {
    const first = await startTestServer(t);
    const held = await holdMerges(t, first);
    const { id } = expectNoErrors(
      await upload(first.url, 'a.csv', file, { onDuplicate: rule }),
    ).importProducts;
    await waitForWaiting(first, 'merge');
    await first.close();
    await held.release();
    const { dataDir, databaseUrl } = first.settings;
    const second = await startTestServer(t, { dataDir, databaseUrl });
    const done = await importEnds(second.url, id);
    assert.equal(done.status, 'COMPLETED', JSON.stringify(done.error));
    const { read, inserted, superseded, rejected } = done.rows;
    assert.equal(read, inserted + superseded + rejected);
    const [found] = await second.database.sql<{ skus: number }[]>`SELECT count(*) AS skus FROM products`;
    assert.equal(found?.skus, inserted);
    if (rule === 'FIRST_WINS') {
      assert.deepEqual([inserted, superseded], [last.products.size, ledger.superseded]);
    } else assert.ok(rejected > ledger.superseded && superseded === 0);
    await expectExactCounts(second);
    await expectNothingLeft(second);
  }
});

test('a data source in mode REPLACE keeps the products of rows that are rejected as repeated', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  host.serve('/p.csv', 'name,sku,description\nA,a-1,x\nB,b-1,x\nC,c-1,x\n');
  const { id } = await addSource(server, {
    url: `${host.url}/p.csv`,
    mode: 'REPLACE',
    maxDeletedShare: 1,
    onDuplicate: 'REJECT',
  });
  const first = await sourceImported(server, id);
  host.serve('/p.csv', 'name,sku,description\nA,a-1,x\nB,b-1,x\nB2,b-1,x\n');
  await query(server.url, 'mutation ($id: ID!) { syncDataSource(id: $id) { id } }', { id });
  const second = await sourceReaches(
    server,
    id,
    'imports again',
    ({ lastImport }) => lastImport !== null && lastImport.id !== first.lastImport.id,
  );
  assert.deepEqual([second.lastImport?.rows.deleted, second.lastImport?.rows.rejected], [1, 2]);
  const skus = await server.database.sql<{ sku: string }[]>`SELECT sku FROM products ORDER BY sku`;
  assert.deepEqual(
    skus.map(({ sku }) => sku),
    ['a-1', 'b-1'],
  );
});
