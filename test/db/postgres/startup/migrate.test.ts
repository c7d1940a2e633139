import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrateDatabase } from '../../../../src/db/postgres/startup/migrate.ts';
import { SettingsError } from '../../../../src/errors.ts';
import { createTestDatabase } from '../../../support/database/database.ts';

test('servers that start concurrently on a new database migrate it once', async (t) => {
  const database = await createTestDatabase(t, { bare: true });
  await Promise.all(Array.from({ length: 5 }, () => migrateDatabase(database.url)));
  await database.sql`select from products, product_name_counts, imports`;
  const migrations = await database.sql`select hash from drizzle.__drizzle_migrations`;
  assert.equal(new Set(migrations.map((row) => row['hash'])).size, migrations.length);
});

test('migrating again leaves the data unchanged', async (t) => {
  const { sql, url } = await createTestDatabase(t);
  await sql`insert into products (sku, name, description) values ('a', 'A', '')`;
  await migrateDatabase(url);
  assert.deepEqual([...(await sql`select sku from products`)], [{ sku: 'a' }]);
});

test('a database of a newer version is refused and left unchanged', async (t) => {
  const { sql, url } = await createTestDatabase(t);
  await sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('of the future', 99999999999999)`;
  await assert.rejects(migrateDatabase(url), (error) => {
    assert.ok(error instanceof SettingsError);
    assert.match(error.message, /newer version of Loadstone/);
    return true;
  });
});

test('a wrong password is reported without being shown', async (t) => {
  const { url } = await createTestDatabase(t);
  const wrong = new URL(url);
  wrong.password = 'not-the-password';
  await assertUnusable(wrong.href, /password authentication failed/);
});

test('an unreachable server is reported with its address', async () => {
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
