// Servers on one database that count together what a client sends, and go on alone when the database does not.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { removeOldRateCounts } from '../../../src/db/access/shared-rate-counts.ts';
import { RATE_COUNTS_LOCK } from '../../../src/db/postgres/locks/advisory-locks.ts';
import { createTestDatabase } from '../../support/database/database.ts';
import { TcpRelay } from '../../support/database/tcp-relay.ts';
import { holdLock } from '../../support/imports/hold-lock.ts';
import { releaseAfter } from '../../support/release.ts';
import { query } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** Needs no database, with open access. */
const VIEWER = '{ viewer { name } }';
const EDIT = 'mutation { updateProduct(sku: "none", input: { name: "x" }) { sku } }';

async function startTwo(t: TestContext, sharedRates: boolean): Promise<[TestServer, TestServer]> {
  const settings = { ...ONE_LANE, sharedRates, maxMutationsPerMinute: 4, maxCostPerMinute: 10_000 };
  const one = await startTestServer(t, settings);
  const other = await startTestServer(t, { ...settings, databaseUrl: one.settings.databaseUrl });
  return [one, other];
}

/** Sends the operation so often, to one server after the other, and returns the statuses. */
async function alternate(servers: TestServer[], document: string, times: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let at = 0; at < times; at += 1) {
    const { url = '' } = servers[at % servers.length] ?? {};
    statuses.push((await query(url, document)).status);
  }
  return statuses;
}

test('a client that alternates between two servers is limited at the sum', async (t) => {
  const servers = await startTwo(t, true);
  const [{ url, database }] = servers;
  assert.deepEqual(await alternate(servers, EDIT, 7), [200, 200, 200, 200, 429, 429, 429]);
  const counts = await database.sql<{ key: string; points: number }[]>`SELECT key, points FROM rate_counts`;
  const counted = new Map(counts.map(({ key, points }) => [key.split(':')[0], { key, points }]));
  assert.equal(counts.length, 2, 'one row for each limit');
  assert.ok((counted.get('cost')?.points ?? 0) > 0);
  // One of the servers has met the limit with its last mutation, the other one with the next.
  assert.equal(counted.get('mutations')?.points, 5);
  assert.match(counted.get('mutations')?.key ?? '', /^mutations:[\w-]{43}$/, 'no address of a client');

  const refused = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: EDIT }),
  });
  const seconds = Number(refused.headers.get('retry-after'));
  assert.deepEqual([refused.status, seconds >= 1 && seconds <= 60], [429, true]);
  const { errors } = (await refused.json()) as { errors: [{ extensions: object }] };
  assert.deepEqual(errors[0].extensions, { code: 'RATE_LIMITED', retryAfter: seconds });
  assert.equal((await query(url, VIEWER)).status, 200, 'queries go on');
});

test('the cost of operations is shared, too, and who is over it is refused without a statement', async (t) => {
  const servers = await startTwo(t, true);
  const [{ database }] = servers;
  const dear = '{ products(first: 500) { nodes { sku name description updatedAt } } }';
  const statuses = await alternate(servers, dear, 15);
  const allowed = statuses.indexOf(429);
  assert.ok(allowed > 2 && statuses.slice(allowed).every((status) => status === 429), String(statuses));
  const [spent] = await database.sql<[{ points: number }]>`SELECT points FROM rate_counts`;
  assert.ok(spent.points > 10_000);
  await holdLock(t, { database }, 'LOCK TABLE rate_counts IN ACCESS EXCLUSIVE MODE');
  assert.deepEqual(await alternate(servers, dear, 10), Array(10).fill(429));
});

test('counting takes two connections of a server at most, of its own', async (t) => {
  const { url, database } = await startTestServer(t, { ...ONE_LANE, sharedRates: true });
  const before = await connectionsOf(database, 'reads');
  const answers = await Promise.all(Array.from({ length: 40 }, () => query(url, VIEWER)));
  assert.ok(answers.every(({ status }) => status === 200));
  const counting = await connectionsOf(database, 'rates');
  assert.ok(counting >= 1 && counting <= 2, String(counting));
  assert.equal(await connectionsOf(database, 'reads'), before);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  assert.match(metrics, /loadstone_database_connections\{purpose="rates",state="idle"\} [12]\n/);
});

async function connectionsOf({ sql }: TestServer['database'], pool: string): Promise<number> {
  const [{ connections }] = await sql<[{ connections: number }]>`
    SELECT count(*) AS connections FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE ${`loadstone ${pool} @%`}`;
  return connections;
}

test('by default, each server counts for itself, and writes nothing', async (t) => {
  const servers = await startTwo(t, false);
  const [{ database }] = servers;
  assert.deepEqual(await alternate(servers, EDIT, 10), [...Array(8).fill(200), 429, 429]);
  assert.equal((await database.sql`SELECT FROM rate_counts`).length, 0);
});

test('while the database is away, silent or busy, operations go on, few wait, and each server counts', async (t) => {
  const database = await createTestDatabase(t);
  const address = new URL(database.url);
  const relay = await TcpRelay.start(Number(address.port));
  releaseAfter(t, () => relay[Symbol.asyncDispose]());
  address.host = `127.0.0.1:${relay.port}`;
  const server = await startTestServer(t, {
    ...ONE_LANE,
    databaseUrl: address.href,
    sharedRates: true,
    // A root field costs 50.
    maxCostPerMinute: 50 * 60,
    trustedProxies: ['127.0.0.1'],
  });
  const send = async (client: string) =>
    (await query(server.url, VIEWER, {}, { 'x-forwarded-for': client })).status;
  const counted = async () => {
    const [{ points }] = await database.sql<[{ points: number }]>`
      SELECT coalesce(sum(points), 0)::bigint AS points FROM rate_counts`;
    return points;
  };
  /** Each returns how it is repaired. */
  const faults = {
    async away() {
      await relay.cut();
      return () => relay.heal();
    },
    async silent() {
      relay.stall();
      return () => relay.heal();
    },
    async busy() {
      const held = await holdLock(t, { database }, 'LOCK TABLE rate_counts IN ACCESS EXCLUSIVE MODE');
      return () => held.release();
    },
  };
  for (const [at, [fault, hinder]] of Object.entries(faults).entries()) {
    assert.equal(await send(`192.0.2.${at}`), 200);
    const before = await counted();
    assert.ok(before > 0);
    const repair = await hinder();
    const start = performance.now();
    const statuses: number[] = [];
    for (let sent = 0; sent < 100; sent += 1) statuses.push(await send(`192.0.2.${at}`));
    // Had each waited for the database, it would have taken a hundred seconds.
    assert.ok(performance.now() - start < 20_000, fault);
    const allowed = statuses.indexOf(429);
    assert.ok(allowed > 0 && statuses.slice(allowed).every((status) => status === 429), String(statuses));
    await repair();
    await waitUntil('counts are shared again', async () => {
      await send('198.51.100.1');
      return (await counted()) > before;
    });
  }
});

test('counts whose minute is long over are removed by one process at a time', async (t) => {
  const database = await createTestDatabase(t);
  const insert = (name: string, expire: number, rows: number) => database.sql`
    INSERT INTO rate_counts SELECT ${name} || n, 1, ${expire} FROM generate_series(1, ${rows}::integer) n`;
  await insert('old', Date.now() - 120_000, 2500);
  await insert('new', Date.now() - 1000, 10);
  const held = await holdLock(t, { database }, `SELECT pg_advisory_xact_lock(${RATE_COUNTS_LOCK})`);
  assert.equal(await removeOldRateCounts(database), false);
  await held.release();
  assert.equal(await removeOldRateCounts(database), true);
  assert.equal(await removeOldRateCounts(database), false);
  const left = await database.sql<{ key: string }[]>`SELECT key FROM rate_counts`;
  assert.ok(left.length === 10 && left.every(({ key }) => key.startsWith('new')));
  const [table] = await database.sql<
    { keptAs: string }[]
  >`SELECT relpersistence AS "keptAs" FROM pg_class WHERE oid = 'rate_counts'::regclass`;
  assert.equal(table?.keptAs, 'u', 'a count waits for no disk');
});
