// A COPY that fails throws the error of Postgres, whenever it fails, and releases its connection.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyTo } from '../../../../src/db/postgres/copy/copy-to.ts';
import { createTestDatabase } from '../../../support/database/database.ts';

const FAILING = {
  'at its first row, in the same packet as the beginning of the stream': {
    query: 'SELECT 1 / (row - 1) FROM generate_series(1, 1) row',
    code: '22012',
  },
  'after the first rows': {
    query: "SELECT 1 / (row - 100000), repeat('a', 100) FROM generate_series(1, 100000) row",
    code: '22012',
  },
  'as it takes too long': { query: 'SELECT pg_sleep(60)', code: '57014' },
};

for (const [when, { query, code }] of Object.entries(FAILING)) {
  test(`a COPY that fails ${when} throws the error`, async (t) => {
    const { sql } = await createTestDatabase(t, { max: 1 });
    const copying = sql.begin(async (tx) => {
      await tx`SET LOCAL statement_timeout = '2s'`;
      for await (const _ of copyTo(tx, `COPY (${query}) TO STDOUT`, async () => {}));
    });
    await assert.rejects(copying, { code });
    const [row] = await sql`SELECT 1 AS one`;
    assert.equal(row?.['one'], 1);
  });
}
