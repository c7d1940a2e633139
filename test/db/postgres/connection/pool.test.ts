// Transactions, including those whose connection is lost, and the statements that connections send by themselves.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { sql as raw } from 'drizzle-orm';
import { type Database, openDatabase, openPools } from '../../../../src/db/postgres/connection/database.ts';
import { closePool, openPool } from '../../../../src/db/postgres/connection/pool.ts';
import { Session } from '../../../../src/db/postgres/connection/session.ts';
import { copyFrom } from '../../../../src/db/postgres/copy/copy-from.ts';
import { isConnectionFailure, isTransient } from '../../../../src/db/postgres/sqlstate.ts';
import { givenWorkers, needsCluster } from '../../../support/database/cluster.ts';
import { createTestDatabase } from '../../../support/database/database.ts';
import { TcpRelay } from '../../../support/database/tcp-relay.ts';
import { addressOf } from '../../../support/database/template.ts';
import { releaseAfter } from '../../../support/release.ts';
import { waitUntil } from '../../../support/wait-until.ts';

const SLEEPING: Record<string, (database: Database) => Promise<unknown>> = {
  'of SQL': ({ sql }) => sql.begin((tx) => tx`SELECT pg_sleep(60)`),
  'of SQL, with a mode': ({ sql }) => sql.begin('read only', (tx) => tx`SELECT pg_sleep(60)`),
  'of Drizzle': ({ orm }) => orm.transaction((tx) => tx.execute(raw`SELECT pg_sleep(60)`)),
};

for (const [kind, sleep] of Object.entries(SLEEPING)) {
  test(`a connection lost during a transaction ${kind} fails only that transaction`, async (t) => {
    const database = await createTestDatabase(t, { max: 1 });
    const admin = await createTestDatabase(t, { max: 1 });
    const [backend] = await database.sql`SELECT pg_backend_pid() AS pid`;
    const pid = Number(backend?.['pid']);
    const lost = assert.rejects(sleep(database), /CONNECTION_CLOSED/);
    await waitUntil('it sleeps', async () => {
      const sleeping =
        await admin.sql`SELECT FROM pg_stat_activity WHERE pid = ${pid} AND wait_event = 'PgSleep'`;
      return sleeping.length > 0;
    });
    await admin.sql`SELECT pg_terminate_backend(${pid}::integer)`;
    await lost;
    assert.deepEqual([...(await database.sql`SELECT 1 AS one`)], [{ one: 1 }]);
  });
}

test('a failed transaction is rolled back, and its error is rethrown unchanged', async (t) => {
  const { sql } = await createTestDatabase(t, { max: 1 });
  const failure = new Error('no more');
  const failed = sql.begin(async (tx) => {
    await tx`INSERT INTO products VALUES ('a', 'A', '')`;
    throw failure;
  });
  await assert.rejects(failed, failure);
  await assert.rejects(
    sql.begin((tx) => tx`SELECT 1 / 0`),
    { code: '22012' },
  );
  assert.deepEqual([...(await sql`SELECT sku FROM products`)], []);
});

test('a connection sends no queries by itself, and still parses text arrays', async (t) => {
  const { url } = await createTestDatabase(t);
  const overheard = await overhear(t, url);
  const { sql } = openDatabaseFor(t, overheard.url);
  const texts = ['plain', 'a "b" \\c', '', 'NULL', '{d,e}', ' ü '];
  assert.deepEqual([...(await sql`SELECT ${texts}::text[] AS texts`)], [{ texts }]);
  assert.match(overheard.said(), /AS texts/);
  assert.doesNotMatch(overheard.said(), /pg_type/);
});

test('transient errors are distinguished from permanent ones, even if wrapped in another error', () => {
  const away = ['08006', '53300', '57P01', 'CONNECTION_CLOSED', 'ECONNRESET', 'EHOSTUNREACH', 'EAI_AGAIN'];
  const passing = ['25006', '25P03', '40P01', '53100', '55P03', '57014', '58030'];
  const final = ['22021', '23505', '25001', '42P01', '57P0X', 'ENOENT', undefined];
  const errors = (codes: (string | undefined)[]) =>
    codes.flatMap((code) => {
      const error = Object.assign(new Error('x'), { code });
      return [error, new Error('wrapped', { cause: error })];
    });
  for (const error of errors(away))
    assert.deepEqual([isConnectionFailure(error), isTransient(error)], [true, true]);
  for (const error of errors(passing))
    assert.deepEqual([isConnectionFailure(error), isTransient(error)], [false, true]);
  for (const error of errors(final))
    assert.deepEqual([isConnectionFailure(error), isTransient(error)], [false, false]);
});

function openDatabaseFor(t: TestContext, url: string): Database {
  const database = openDatabase(url, { max: 1, applicationName: 'test' });
  releaseAfter(t, () => database.close());
  return database;
}

/** A connection to the database that records the statements sent to it. */
async function overhear(t: TestContext, url: string): Promise<{ url: string; said(): string }> {
  const target = new URL(url);
  const said: Buffer[] = [];
  const [port, host] = [Number(target.port), target.hostname];
  const server = createServer((near) => {
    near.on('data', (bytes: Buffer) => said.push(bytes));
    near.pipe(connect(port, host)).pipe(near);
  }).listen(0, '127.0.0.1');
  releaseAfter(t, async () => void server.close());
  await once(server, 'listening');
  target.hostname = '127.0.0.1';
  target.port = String((server.address() as AddressInfo).port);
  return { url: target.href, said: () => Buffer.concat(said).toString('latin1') };
}

const CLOSE: Record<string, (url: string) => Promise<{ sleep(): Promise<unknown>; close(): Promise<void> }>> =
  {
    'a pool': async (url) => {
      const sql = openPool(url, { max: 2 });
      await Promise.all([sql`SELECT 1`, sql`SELECT 2`]);
      return { sleep: async () => sql`SELECT pg_sleep(60)`, close: () => closePool(sql) };
    },
    'a pool with a limit': async (url) => {
      const sql = openPool(url, { max: 1, statementTimeoutMs: 60_000 });
      return { sleep: async () => sql`SELECT pg_sleep(60)`, close: () => closePool(sql) };
    },
    'a session': async (url) => {
      const session = await Session.open(openDatabase(url), 'test', '');
      const signal = new AbortController().signal;
      return {
        sleep: () => session.run(signal, (sql) => sql`SELECT pg_sleep(60)`),
        close: () => session.close(),
      };
    },
  };

for (const [kind, open] of Object.entries(CLOSE)) {
  test(`${kind} whose connections were reset closes at once, be it when a statement fails or later`, async (t) => {
    const { url, sql: admin } = await createTestDatabase(t, { max: 1 });
    const relay = await TcpRelay.start(Number(new URL(url).port));
    releaseAfter(t, () => relay[Symbol.asyncDispose]());
    const relayed = new URL(url);
    relayed.port = String(relay.port);
    for (const later of [0, 300]) {
      const { sleep, close } = await open(relayed.href);
      const sleeping = sleep();
      await pause(100);
      await Promise.all([relay.cut(), assert.rejects(sleeping)]);
      await pause(later);
      const ended = await Promise.race([
        close().then(() => 'closed'),
        pause(3000, 'waiting', { ref: false }),
      ]);
      assert.equal(ended, 'closed');
      await endSleep(admin);
      await relay.heal();
    }
  });
}

test('a pool waits for the statements that run when it closes', async (t) => {
  const { url } = await createTestDatabase(t);
  const sql = openPool(url, { max: 1 });
  const slept = sql`SELECT 'slept' AS word FROM pg_sleep(0.5)`.execute();
  await pause(100);
  const [rows] = await Promise.all([slept, closePool(sql)]);
  assert.deepEqual([...rows], [{ word: 'slept' }]);
});

test('connections that are reset at once are all made again, even one that was to send a statement', async (t) => {
  const { url, sql: admin } = await createTestDatabase(t, { max: 1 });
  const sockets = new Set<Socket>();
  const sql = openPool(url, { max: 2, sockets });
  releaseAfter(t, () => closePool(sql));
  await Promise.all([sql`SELECT 1`, sql`SELECT 1`]);
  // When the first fails, the second is idle still, and about to be closed too.
  const again = assert.rejects(
    sql`SELECT pg_sleep(60)`.catch(() => sql`SELECT 2`),
    /CONNECTION_CLOSED/,
  );
  let port: number | undefined;
  await waitUntil('the first sleeps', async () => {
    const [sleeping] = await admin<{ port: number }[]>`
      SELECT client_port AS port FROM pg_stat_activity
      WHERE wait_event = 'PgSleep' AND datname = current_database()`;
    port = sleeping?.port;
    return port !== undefined;
  });
  // Node closes what was closed last first.
  const asleep = (socket: Socket) => Number(socket.localPort === port);
  for (const socket of [...sockets].sort((a, b) => asleep(a) - asleep(b))) socket.resetAndDestroy();
  await again;
  for (let times = 0; times < 3; times++) {
    const both = Promise.all([sql`SELECT 3 AS value`, sql`SELECT 4 AS value`]);
    const answers = await Promise.race([both, pause(3000, [], { ref: false })]);
    assert.deepEqual(answers.flat(), [{ value: 3 }, { value: 4 }]);
  }
  await endSleep(admin);
});

for (const isUsed of [false, true]) {
  const state = isUsed ? 'others use a new one in its place' : 'it is not replaced';
  test(`a transaction whose connection was reset while it did something else sends nothing: ${state}`, async (t) => {
    const { url } = await createTestDatabase(t);
    const sockets = new Set<Socket>();
    const sql = openPool(url, { max: 1, sockets });
    releaseAfter(t, () => closePool(sql));
    await sql`CREATE TABLE written (by text)`;
    const sent = Promise.withResolvers<{ late: Promise<unknown> }>();
    const lost = sql.begin(async (tx) => {
      await tx`INSERT INTO written VALUES ('before')`;
      for (const socket of sockets) socket.resetAndDestroy();
      await pause(50);
      if (isUsed) await sql`SELECT 1`;
      const late = tx`INSERT INTO written VALUES ('after')`.execute();
      sent.resolve({ late });
      await late;
    });
    await assert.rejects(lost, /CONNECTION_CLOSED/);
    const { late } = await sent.promise;
    await assert.rejects(late, /CONNECTION_CLOSED/);
    assert.deepEqual([...(await sql`SELECT * FROM written`)], []);
  });
}

/** Its client is gone, which the backend sees seconds later. */
async function endSleep(admin: Database['sql']): Promise<void> {
  await admin`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE wait_event = 'PgSleep' AND datname = current_database()`;
}

test('on a cluster, what is loaded goes to each node by one connection, and a query of clients may use more', {
  skip: needsCluster(),
}, async (t) => {
  const database = await createTestDatabase(t, { max: 1 });
  const [worker = ''] = givenWorkers();
  const onWorker = openDatabaseFor(t, addressOf(new URL(database.url).pathname.slice(1), worker)).sql;
  const connections = async () => {
    const [found] = await onWorker`
      SELECT count(*)::int AS connections FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'citus_internal%' AND state LIKE 'idle in transaction%'`;
    return found?.['connections'];
  };
  await database.sql.begin(async (tx) => {
    const rows = Array.from({ length: 1000 }, (_, i) => Buffer.from(`sku-${i},name,none\n`));
    await copyFrom(tx, 'COPY products (sku, name, description) FROM STDIN (FORMAT csv)', rows);
    assert.equal(await connections(), 1);
  });
  const pools = openPools(database.url, { queryTimeoutMs: 10_000, processId: randomUUID() });
  releaseAfter(t, () => pools.close());
  for (const [pool, most] of [
    ['reads', '16'],
    ['edits', '1'],
    ['imports', '1'],
  ] as const) {
    const [set] = await pools[pool].sql`SHOW citus.max_adaptive_executor_pool_size`;
    assert.deepEqual(Object.values(set ?? {}), [most]);
  }
});
