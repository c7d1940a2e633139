// Rows of other imports are compared with the limit while an import is loaded, and at its end.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { Database } from '../../../src/db/postgres/connection/database.ts';
import { StagingRoom } from '../../../src/ingest/stages/staging-room.ts';
import { createTestDatabase } from '../../support/database/database.ts';
import { waitUntil } from '../../support/wait-until.ts';

const NEVER = new AbortController().signal;
const FULL = { code: 'TOO_MANY_STAGED_ROWS' };

test('what is staged is counted, and nothing else', async (t) => {
  const database = await createTestDatabase(t);
  const own = await add(database, 'LOADING', 1000, 'now()');
  const fits = (rows: number) => new StagingRoom(database, own, 100).require(rows, NEVER);
  await fits(100);
  await assert.rejects(fits(101), FULL);
  await add(database, 'RECEIVING', 10, "now() - interval '1 day'");
  await add(database, 'READY', 20);
  await add(database, 'MERGING', 30);
  const failed = await add(database, 'FAILED', 1000);
  await add(database, 'COMPLETED', 1000);
  await add(database, 'CANCELLED', 1000);
  await fits(40);
  await assert.rejects(fits(41), FULL);

  const { sql } = database;
  await sql`UPDATE imports SET retry_until = now() + interval '1 hour' WHERE id = ${failed}`;
  await fits(40);
  await sql`INSERT INTO import_partitions (import_id, partition, staged) VALUES (${failed}, 0, 1000)`;
  await assert.rejects(fits(1), FULL);
  await sql`UPDATE imports SET error_code = 'DATABASE_FULL' WHERE id = ${failed}`;
  await fits(40);
  await sql`UPDATE imports SET undoes = ${randomUUID()} WHERE status = 'MERGING'`;
  await fits(70);
  await sql`UPDATE imports SET rows_rejected = 5 WHERE status = 'READY'`;
  await fits(75);
  await assert.rejects(fits(76), FULL);
  await new StagingRoom(database, own, 0).require(1_000_000, NEVER);
});

test('the younger of two imports that are loaded fails first, and the older one does if that goes on', async (t) => {
  const database = await createTestDatabase(t);
  const older = await add(database, 'LOADING', 60, "now() - interval '1 minute'");
  const younger = await add(database, 'LOADING', 60);
  await assert.rejects(new StagingRoom(database, younger, 100).require(60, NEVER), FULL);
  const waiting = new StagingRoom(database, older, 100).require(60, NEVER);
  await database.sql`UPDATE imports SET status = 'FAILED', finished_at = now() WHERE id = ${younger}`;
  await waiting;
  await database.sql`UPDATE imports SET status = 'LOADING', finished_at = NULL WHERE id = ${younger}`;
  await assert.rejects(new StagingRoom(database, older, 100).require(60, NEVER), FULL);
  const stop = new AbortController();
  const stopped = new StagingRoom(database, older, 100).require(60, stop.signal);
  stop.abort();
  await assert.rejects(stopped, { name: 'AbortError' });
  // It has no precedence with more rows than fit alone.
  await assert.rejects(new StagingRoom(database, older, 50).require(60, NEVER), FULL);
});

test('an import that is being loaded is stopped', async (t) => {
  const database = await createTestDatabase(t);
  await add(database, 'READY', 60);
  const room = new StagingRoom(database, await add(database, 'LOADING', 0), 100);
  await noted(room, 41);
  assert.equal(room.full.reason.code, FULL.code);
  assert.match(room.full.reason.message, /Others hold 60 rows: 1 import ready/);
});

async function noted(room: StagingRoom, rows: number): Promise<void> {
  await waitUntil('it is stopped', async () => {
    room.note(rows);
    return room.full.aborted;
  });
}

async function add({ sql }: Database, status: string, rows: number, createdAt = 'now()'): Promise<string> {
  const id = randomUUID();
  const isFinal = ['COMPLETED', 'FAILED', 'CANCELLED'].includes(status);
  await sql`
    INSERT INTO imports (id, file_name, status, max_rejected_rows, rows_read, created_at, finished_at)
    VALUES (${id}, 'a.csv', ${status}, 0, ${rows}, ${sql.unsafe(createdAt)}, ${isFinal ? sql`now()` : null})`;
  return id;
}
