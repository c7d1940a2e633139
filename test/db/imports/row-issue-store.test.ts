// Issues are paged by kind and code in both directions, and counted, however many there are.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { type RowIssueFilter, RowIssueStore } from '../../../src/db/imports/row-issue-store.ts';
import { createTestDatabase } from '../../support/database/database.ts';

/** Of 60,000 lines every hundredth is rejected; the last one for a different reason. */
async function manyIssues(t: TestContext) {
  const database = await createTestDatabase(t);
  const [id, other] = [randomUUID(), randomUUID()];
  for (const each of [id, other]) {
    await database.sql`
      INSERT INTO import_row_issues (import_id, line, kind, code, winning_line, record)
      SELECT ${each}, i, kind, CASE WHEN kind = 'SUPERSEDED' THEN kind WHEN i = 60000 THEN 'BLANK_NAME' ELSE 'BLANK_SKU' END, 1, 'a,b,c'
      FROM generate_series(1, 60000) AS i,
        LATERAL (SELECT CASE WHEN i % 100 = 0 THEN 'REJECTED' ELSE 'SUPERSEDED' END AS kind) AS kinds`;
    await database.sql`
      INSERT INTO import_partitions (import_id, partition, staged, superseded)
      VALUES (${each}, 0, 0, 50000), (${each}, 1, 0, 9400)`;
  }
  await database.sql`ANALYZE import_row_issues`;
  return { database, id, store: new RowIssueStore(database) };
}

test('issues are paged by kind and code in both directions', async (t) => {
  const { id, store } = await manyIssues(t);
  const lines = async (filter: RowIssueFilter, window: object) =>
    (await store.page(id, { limit: 3, ...window }, filter)).map(({ line }) => line);
  assert.deepEqual(await lines({}, { after: 98 }), [99, 100, 101]);
  assert.deepEqual(await lines({ kind: 'REJECTED' }, { after: 100 }), [200, 300, 400]);
  assert.deepEqual(await lines({ kind: 'REJECTED' }, { backwards: true, before: 300 }), [200, 100]);
  assert.deepEqual(await lines({ code: 'BLANK_NAME' }, {}), [60000]);
  assert.deepEqual(await lines({ code: 'SUPERSEDED' }, { after: 99 }), [101, 102, 103]);
  assert.deepEqual(await lines({ code: 'SUPERSEDED', kind: 'REJECTED' }, {}), []);
  assert.deepEqual(await lines({ code: 'BLANK_SKU', kind: 'SUPERSEDED' }, {}), []);
  assert.deepEqual(await lines({ code: 'OTHER' }, {}), []);
});

test('issues are counted by reason, most frequent first', async (t) => {
  const { id, store } = await manyIssues(t);
  assert.deepEqual(
    [...(await store.counts([id, randomUUID()]))],
    [
      { importId: id, kind: 'SUPERSEDED', code: 'SUPERSEDED', count: 59400, kept: 59400 },
      { importId: id, kind: 'REJECTED', code: 'BLANK_SKU', count: 599, kept: 599 },
      { importId: id, kind: 'REJECTED', code: 'BLANK_NAME', count: 1, kept: 1 },
    ],
  );
  assert.deepEqual([...(await store.counts([randomUUID()]))], []);
});

test('rejected rows are read from their own index, without scanning superseded ones', async (t) => {
  const { database, id } = await manyIssues(t);
  const plan = await database.sql`
    EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM import_row_issues
    WHERE import_id = ${id} AND line > 100 AND kind = 'REJECTED' AND code = 'BLANK_NAME' ORDER BY line LIMIT 20`;
  assert.match(JSON.stringify(plan), /"Index Name":"import_row_issues_rejected"/);
});
