// Of the superseded rows of an import, MAX_ROW_ISSUES are kept as issues. All are counted, and whoever reads issues is told.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import type { Settings } from '../../../src/config.ts';
import { verifyCatalogue } from '../../../src/db/catalogue/verification/verify-catalogue.ts';
import { expectExactCounts, expectNothingLeft } from '../../support/imports/catalogue.ts';
import { holdMerges, waitForWaiting } from '../../support/imports/hold-lock.ts';
import { importEnds } from '../../support/imports/import-state.ts';
import { importIssues } from '../../support/imports/issues.ts';
import { importUntilReady } from '../../support/imports/previews.ts';
import { expectNoErrors, importAndWait, query, upload } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';

const LIMIT = 3;

/** One SKU on all lines but the last. */
const fileOf = (superseded: number) =>
  `name,sku,description\n${Array.from({ length: superseded + 1 }, (_, index) => `Ann,a-1,${index}\n`).join('')},c-1,\n`;

const start = (t: TestContext, settings: Partial<Settings>) =>
  startTestServer(t, { ...ONE_LANE, maxRowIssues: LIMIT, ...settings });

test('below and at the limit all are kept, above it the first ones, and all are counted', async (t) => {
  const server = await start(t, {});
  for (const superseded of [LIMIT - 1, LIMIT, LIMIT + 1, 50]) {
    const kept = Math.min(superseded, LIMIT);
    const { id, rows } = await importAndWait(server.url, fileOf(superseded));
    assert.equal(rows.superseded, superseded);
    const { issueCounts, issues, warnings } = await seen(server, id);
    assert.deepEqual(issueCounts, [
      { kind: 'SUPERSEDED', count: superseded, kept },
      { kind: 'REJECTED', count: 1, kept: 1 },
    ]);
    assert.equal(issues.totalCount, superseded + 1);
    const lines = (await importIssues(server.url, id, { first: 2, kind: 'SUPERSEDED' })).map(
      ({ line, winningLine }) => [line, winningLine],
    );
    assert.deepEqual(
      lines,
      Array.from({ length: kept }, (_, index) => [index + 2, superseded + 2]),
    );
    assert.deepEqual(
      warnings.map(({ code }) => code),
      kept < superseded ? ['ISSUES_NOT_KEPT'] : [],
    );
    if (kept < superseded) {
      assert.match(
        warnings[0]?.message ?? '',
        new RegExp(`^${superseded} rows .* ${kept} of them are listed`),
      );
      assert.match(warnings[0]?.message ?? '', /raise MAX_ROW_ISSUES and import it again/);
    }
  }
  await expectVerified(server);
  const { sql } = server.database;
  await sql`DELETE FROM import_row_issues WHERE kind = 'SUPERSEDED' AND line = ${LIMIT + 1}`;
  const { ledgers } = await verified(server);
  assert.deepEqual(
    ledgers.first.map(({ check, ledger, found }) => [check, ledger, found]),
    [['SUPERSEDED_ISSUES', LIMIT, LIMIT - 1]].flatMap((found) => [found, found, found]),
  );
});

test('a download says first how many are missing, and is imported again as any other', async (t) => {
  const server = await start(t, {});
  const { id, issuesUrl } = await importAndWait(server.url, fileOf(5));
  for (const [kinds, rows] of [
    ['?kind=SUPERSEDED', 4],
    ['?code=SUPERSEDED', 4],
    ['?kind=ALL', 5],
    ['', 1],
    ['?kind=ALL&code=BLANK_NAME', 1],
  ] as const) {
    const [, ...found] = parse(await download(`${issuesUrl}${kinds}`)) as string[][];
    assert.equal(found.length, rows);
    const isTold =
      found[0]?.[5] ===
      '5 rows were superseded, and only 3 of them are listed here. The server keeps no more.';
    assert.equal(isTold, rows > 1);
    if (isTold) assert.deepEqual(found[0]?.slice(0, 5), ['', '', '', '', 'SUPERSEDED']);
  }
  const again = await importAndWait(server.url, await download(`${issuesUrl}?kind=ALL`));
  assert.deepEqual(again.rows, {
    ...{ read: 5, inserted: 0, updated: 0, unchanged: 0, superseded: 4, rejected: 1 },
  });
  assert.equal((await seen(server, id)).issueCounts[0]?.kept, 3);
  await expectVerified(server);
});

test('no limit keeps all', async (t) => {
  const server = await start(t, { maxRowIssues: 0 });
  const { id } = await importAndWait(server.url, fileOf(50));
  const { issueCounts, warnings } = await seen(server, id);
  assert.deepEqual([issueCounts[0], warnings], [{ kind: 'SUPERSEDED', count: 50, kept: 50 }, []]);
});

test('a preview that is committed keeps no more, and is undone as any other import', async (t) => {
  const server = await start(t, {});
  const { id } = await importUntilReady(server.url, fileOf(5));
  await query(server.url, 'mutation ($id: ID!) { commitImport(id: $id) { id } }', { id });
  const done = await importEnds(server.url, id);
  assert.deepEqual([done.status, done.rows.superseded], ['COMPLETED', 5]);
  const { issueCounts, warnings } = await seen(server, id);
  assert.deepEqual([issueCounts[0]?.kept, warnings.length], [3, 1]);
  await expectVerified(server);
  const undo = await query<{ undoImport: { id: string } }>(
    server.url,
    'mutation ($id: ID!) { undoImport(id: $id) { id } }',
    { id },
  );
  const undone = await importEnds(server.url, expectNoErrors(undo).undoImport.id);
  assert.deepEqual([undone.status, undone.rows.superseded], ['COMPLETED', 0]);
  await expectVerified(server);
});

test('an import that another server finishes keeps as many', async (t) => {
  const first = await start(t, {});
  const held = await holdMerges(t, first);
  const { id } = expectNoErrors(await upload(first.url, 'a.csv', fileOf(50))).importProducts;
  await waitForWaiting(first, 'merge');
  await first.close();
  await held.release();
  const { dataDir, databaseUrl } = first.settings;
  const second = await start(t, { dataDir, databaseUrl });
  assert.equal((await importEnds(second.url, id)).status, 'COMPLETED');
  const { issueCounts, warnings } = await seen(second, id);
  assert.deepEqual([issueCounts[0]?.count, issueCounts[0]?.kept, warnings.length], [50, 3, 1]);
  await expectVerified(second);
});

test('all issues of a correction are kept, as what became of its rows is read from them', async (t) => {
  const server = await start(t, { maxRowIssues: 1 });
  const { id } = await importAndWait(server.url, 'name,sku,description\n,a-1,\n,b-1,\n,c-1,\n', {
    maxRejectedRows: 100,
  });
  const rows = [2, 3, 4].map((line) => ({ line, values: ['Same', 's-1', ''] }));
  const sent = await query<{ correctRows: { id: string } }>(
    server.url,
    'mutation ($id: ID!, $rows: [RowToCorrect!]!) { correctRows(id: $id, rows: $rows) { id } }',
    { id, rows },
  );
  const correction = expectNoErrors(sent).correctRows;
  await importEnds(server.url, correction.id);
  assert.deepEqual((await seen(server, correction.id)).issueCounts, [
    { kind: 'SUPERSEDED', count: 2, kept: 2 },
  ]);
  const corrected = await query<{ import: { correctedRows: number } }>(
    server.url,
    'query ($id: ID!) { import(id: $id) { correctedRows } }',
    { id },
  );
  assert.equal(expectNoErrors(corrected).import.correctedRows, 1);
});

test('an option does not allow more rejected rows than are kept, and repeated ones that are too many are not all stored', async (t) => {
  const server = await start(t, { maxRejectedRows: 2 });
  const invalid = (rows: number) => `name,sku,description\n${',a-1,\n'.repeat(rows)}`;
  const most = await importAndWait(server.url, invalid(LIMIT), { maxRejectedRows: 1000 });
  assert.deepEqual([most.status, most.rows.rejected], ['COMPLETED', LIMIT]);
  const failed = await importAndWait(server.url, invalid(LIMIT + 1), { maxRejectedRows: 1000 });
  assert.equal(failed.error?.code, 'TOO_MANY_REJECTED_ROWS');
  assert.match(failed.error?.message ?? '', /^More than 3 rows .* raise MAX_ROW_ISSUES\.$/);
  const unlimited = await importAndWait(server.url, invalid(LIMIT), { maxRejectedRows: 1 });
  assert.match(unlimited.error?.message ?? '', /^More than 1 rows .* raise the option maxRejectedRows/);

  const repeated = await importAndWait(server.url, fileOf(50), {
    onDuplicate: 'REJECT',
    maxRejectedRows: 1000,
  });
  assert.equal(repeated.error?.code, 'TOO_MANY_REJECTED_ROWS');
  assert.equal((await importIssues(server.url, repeated.id)).length, LIMIT + 1);
  await expectNothingLeft(server);
});

interface Seen {
  issueCounts: { kind: string; count: number; kept: number }[];
  issues: { totalCount: number };
  warnings: { code: string; message: string }[];
}

async function seen({ url }: TestServer, id: string): Promise<Seen> {
  const answer = await query<{ import: Seen }>(
    url,
    `query ($id: ID!) { import(id: $id) {
      issueCounts { kind count kept } issues(first: 1) { totalCount } warnings { code message } } }`,
    { id },
  );
  return expectNoErrors(answer).import;
}

async function download(url: string): Promise<string> {
  return (await fetch(url)).text();
}

function verified({ database }: TestServer): ReturnType<typeof verifyCatalogue> {
  return verifyCatalogue(database, () => {}, new AbortController().signal);
}

async function expectVerified(server: TestServer): Promise<void> {
  const { equal, ledgers } = await verified(server);
  assert.ok(equal, JSON.stringify(ledgers));
  await expectExactCounts(server);
  await expectNothingLeft(server);
}
