// A COPY that Postgres rejects fails with the error of Postgres and releases its connection.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyFrom } from '../../../../src/db/postgres/copy/copy-from.ts';
import { createTestDatabase } from '../../../support/database/database.ts';

const LARGE = Buffer.alloc(8 * 1024 * 1024, 'x');

const REFUSED: { what: string; statement: string; chunks: Uint8Array[]; code: string }[] = [
  { what: 'a NUL', statement: 'COPY t FROM STDIN', chunks: [Buffer.from('1\ta\0b\n')], code: '22021' },
  {
    what: 'bad UTF-8',
    statement: 'COPY t FROM STDIN',
    chunks: [Buffer.from([0x31, 0x09, 0xff, 0x0a])],
    code: '22021',
  },
  { what: 'too few columns', statement: 'COPY t FROM STDIN', chunks: [Buffer.from('1\n')], code: '22P04' },
  {
    what: 'too many columns',
    statement: 'COPY t FROM STDIN',
    chunks: [Buffer.from('1\ta\tb\n')],
    code: '22P04',
  },
  {
    what: 'a duplicate key',
    statement: 'COPY t FROM STDIN',
    chunks: [Buffer.from('1\ta\n1\tb\n')],
    code: '23505',
  },
  {
    what: 'a value of another type',
    statement: 'COPY t FROM STDIN',
    chunks: [Buffer.from('one\ta\n')],
    code: '22P02',
  },
  {
    what: 'a bad row before much data',
    statement: 'COPY t FROM STDIN',
    chunks: [Buffer.from('1\n'), ...Array.from({ length: 8 }, () => LARGE)],
    code: '22P04',
  },
  {
    what: 'text in binary format',
    statement: 'COPY t FROM STDIN (FORMAT binary)',
    chunks: [Buffer.from('1\ta\n')],
    code: '22P04',
  },
];

for (const { what, statement, chunks, code } of REFUSED) {
  test(`COPY of ${what} is rejected immediately, and the connection stays usable`, {
    timeout: 5000,
  }, async (t) => {
    const { sql } = await createTestDatabase(t, { max: 1 });
    await sql`CREATE TABLE t (id integer PRIMARY KEY, value text)`;
    await assert.rejects(copyFrom(sql, statement, chunks), { code });
    const [row] = await sql`SELECT count(*)::int AS rows FROM t`;
    assert.equal(row?.['rows'], 0);
  });
}

test('a COPY rejected inside a transaction ends the transaction and releases its connection', {
  timeout: 5000,
}, async (t) => {
  const { sql } = await createTestDatabase(t, { max: 1 });
  await sql`CREATE TABLE t (id integer PRIMARY KEY, value text)`;
  await assert.rejects(
    sql.begin((tx) => copyFrom(tx, 'COPY t FROM STDIN', [Buffer.from('1\ta\n1\tb\n')])),
    { code: '23505' },
  );
  assert.equal((await sql`SELECT 1 AS one`)[0]?.['one'], 1);
});

test('rows are visible once the COPY has completed', async (t) => {
  const { sql } = await createTestDatabase(t, { max: 1 });
  await sql`CREATE TABLE t (id integer PRIMARY KEY, value text)`;
  await copyFrom(sql, 'COPY t FROM STDIN', [Buffer.from('1\ta\n2\t'), Buffer.from('b\n')]);
  assert.deepEqual(
    [...(await sql`SELECT id, value FROM t ORDER BY id`)],
    [
      { id: 1, value: 'a' },
      { id: 2, value: 'b' },
    ],
  );
});

test('chunks that fail end the statement with their error, and the connection can be used again', async (t) => {
  const { sql } = await createTestDatabase(t, { max: 1 });
  await sql`CREATE TABLE t (id int PRIMARY KEY, name text)`;
  async function* failing() {
    yield Buffer.from('1\ta\n');
    throw new Error('the source broke off');
  }
  await assert.rejects(copyFrom(sql, 'COPY t FROM STDIN', failing()), /the source broke off/);
  const rows = await sql`SELECT FROM t`;
  assert.equal(rows.length, 0);
});

test('COPY sends chunks as they are, without a copy that would wait for the garbage collector', async (t) => {
  const { sql } = await createTestDatabase(t, { max: 1 });
  await sql`CREATE TABLE t (id integer, value text)`;
  const rows = Array.from({ length: 4096 }, (_, id) => `${id}\t${'x'.repeat(250)}\n`);
  const chunk = Buffer.from(rows.join(''));
  const before = process.memoryUsage().arrayBuffers;
  await copyFrom(
    sql,
    'COPY t FROM STDIN',
    Array.from({ length: 24 }, () => chunk),
  );
  const more = process.memoryUsage().arrayBuffers - before;
  assert.ok(more < 4 * chunk.length, `${more} bytes`);
  const [row] = await sql`SELECT count(*)::int AS rows, sum(length(value))::int AS characters FROM t`;
  assert.deepEqual({ ...row }, { rows: 24 * 4096, characters: 24 * 4096 * 250 });
});
