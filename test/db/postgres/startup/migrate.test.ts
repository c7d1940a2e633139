import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrateDatabase } from '../../../../src/db/postgres/startup/migrate.ts';
import { SettingsError } from '../../../../src/errors.ts';
import { createTestDatabase } from '../../../support/database.ts';

test('servers that start together on a new database all find it migrated, once', async (t) => {
  const database = await createTestDatabase(t, { bare: true });
  await Promise.all(Array.from({ length: 5 }, () => migrateDatabase(database.url)));
  await database.sql`select from products, product_name_counts, imports`;
  const migrations = await database.sql`select hash from drizzle.__drizzle_migrations`;
  assert.equal(new Set(migrations.map((row) => row['hash'])).size, migrations.length);
});

test('migrating again leaves the data alone', async (t) => {
  const { sql, url } = await createTestDatabase(t);
  await sql`insert into products (sku, name, description) values ('a', 'A', '')`;
  await migrateDatabase(url);
  assert.deepEqual([...(await sql`select sku from products`)], [{ sku: 'a' }]);
});

test('a database of a newer version is refused and left as it is', async (t) => {
  const { sql, url } = await createTestDatabase(t);
  await sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('of the future', 99999999999999)`;
  await assert.rejects(migrateDatabase(url), (error) => {
    assert.ok(error instanceof SettingsError);
    assert.match(error.message, /newer version of Loadstone/);
    return true;
  });
});

test('a wrong password is explained without showing it', async (t) => {
  const { url } = await createTestDatabase(t);
  const wrong = new URL(url);
  wrong.password = 'not-the-password';
  await assertUnusable(wrong.href, /password authentication failed/);
});

test('a server that does not answer is named', async () => {
  await assertUnusable('postgres://loadstone:secret@127.0.0.1:1/loadstone', /127\.0\.0\.1:1: .*ECONNREFUSED/);
});

async function assertUnusable(url: string, reason: RegExp): Promise<void> {
  await assert.rejects(migrateDatabase(url), (error) => {
    assert.ok(error instanceof SettingsError);
    assert.match(error.message, reason);
    assert.match(error.message, /Check DATABASE_URL/);
    assert.ok(!error.message.includes(new URL(url).password));
    return true;
  });
}
