// Staging tables are created and dropped. A table in use is dropped later, so that nobody waits long for its lock.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createStaging, dropStaging, stagedImports, stagingTable } from '../../../src/db/imports/staging.ts';
import { createTestDatabase } from '../../support/database/database.ts';

const PLAIN = { withAttributes: false, withRecord: false, withSuperseded: false };

test('a new attempt drops the tables of earlier ones', async (t) => {
  const { sql } = await createTestDatabase(t);
  const [importId, other] = [randomUUID(), randomUUID()];
  await createStaging(sql, { importId, attempt: 1 }, 3, PLAIN);
  await createStaging(sql, { importId: other, attempt: 1 }, 1, {
    withAttributes: false,
    withRecord: true,
    withSuperseded: true,
  });
  await createStaging(sql, { importId, attempt: 2 }, 1, PLAIN);
  const tables = await sql<{ name: string }[]>`
    SELECT tablename AS name FROM pg_tables WHERE schemaname = 'loadstone_staging' ORDER BY name`;
  const left = [`${importId}_2_0`, `${other}_1_0`].flatMap((name) => [name, `${name}_superseded`]);
  assert.deepEqual(tables.map(({ name }) => name).sort(), left.sort());

  await dropStaging(sql, importId);
  assert.deepEqual(await stagedImports(sql), [other]);
});

test('a table that is being read is dropped by a later attempt, after a short wait for its lock', async (t) => {
  const { sql } = await createTestDatabase(t);
  const staging = { importId: randomUUID(), attempt: 1 };
  await createStaging(sql, staging, 1, PLAIN);
  await sql.begin(async (reader) => {
    await reader.unsafe(`SELECT FROM ${stagingTable(staging, 0)}`);
    await assert.rejects(dropStaging(sql, staging.importId), { code: '55P03' });
    await assert.rejects(createStaging(sql, { ...staging, attempt: 2 }, 1, PLAIN), { code: '55P03' });
  });
  assert.deepEqual(await stagedImports(sql), [staging.importId]);
  await dropStaging(sql, staging.importId);
  assert.deepEqual(await stagedImports(sql), []);
  const limits = await Promise.all(Array.from({ length: 10 }, () => sql`SHOW lock_timeout`));
  assert.deepEqual(new Set(limits.map(([row]) => row?.['lock_timeout'])), new Set(['0']));
});
