// Which errors pass, of those that only a cluster has.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isConnectionFailure, isTransient } from '../../../src/db/postgres/sqlstate.ts';

const errorOf = (code: string, message: string) => Object.assign(new Error(message), { code });

test('a node that the coordinator has lost is a database that is away', () => {
  for (const message of [
    'failure on connection marked as essential: worker-1:5432',
    'server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally',
    'could not receive data from server: Connection reset by peer',
    'postmaster was shut down, exiting',
    'could not establish any connections to the node worker-1:5432 after 30000 ms',
    'cannot connect to worker-1:5432 to fetch intermediate results',
    'failed to read result "repartitioned_results_46053457921" from node worker-1:5432',
    'failed to complete COPY on worker-1:5432',
    'could not connect to any active placements',
    'connection establishment for node worker-1:5432 failed',
  ]) {
    assert.equal(isConnectionFailure(errorOf('XX000', message)), true, message);
    assert.equal(isTransient(new Error('Failed query', { cause: errorOf('XX000', message) })), true, message);
  }
});

test('so is one that was started again before it had used what others sent to it', () => {
  const lost = (path: string) => errorOf('58P01', `could not open file "${path}": No such file or directory`);
  const sent = 'base/pgsql_job_cache/10_0_48/repartitioned_results_46053457921_from_102051_to_2.data';
  assert.equal(isConnectionFailure(lost(sent)), true);
  assert.equal(isTransient(lost('base/16384/2619')), false);
});

test('a table cannot be created while shards are moved, and can later', () => {
  const moved = errorOf(
    'XX000',
    'could not acquire the lock required to colocate distributed table public.products',
  );
  assert.equal(isTransient(moved), true);
  assert.equal(isConnectionFailure(moved), false);
});

test('a key that the tables of Postgres have already is another one on retry; one of a table of Loadstone is not', () => {
  const duplicate = (schema: string) =>
    Object.assign(errorOf('23505', 'duplicate key value'), { schema_name: schema });
  assert.equal(isTransient(new Error('Failed query', { cause: duplicate('pg_catalog') })), true);
  assert.equal(isTransient(duplicate('public')), false);
});

test('other internal errors stay what they are, and so do errors of a statement that speak of connections', () => {
  assert.equal(isTransient(errorOf('XX000', 'cache lookup failed for type 0')), false);
  assert.equal(isTransient(errorOf('XX000', 'could not connect to SPI manager')), false);
  assert.equal(isTransient(errorOf('22P02', 'server closed the connection unexpectedly')), false);
});
