// A server whose role only serves: with the grants of docs/operations.md it does all that clients see, and it says what is
// missing instead of migrating.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { createApp } from '../../../src/app.ts';
import { readSettings, type Settings } from '../../../src/config.ts';
import type { Database } from '../../../src/db/postgres/connection/database.ts';
import { requireMigratedDatabase } from '../../../src/db/postgres/startup/migrate.ts';
import { SettingsError } from '../../../src/errors.ts';
import { createTestDatabase } from '../../support/database/database.ts';
import { SERVING_PASSWORD, servingRoleStatements, urlAs } from '../../support/database/serving-role.ts';
import { expectExactCounts, expectNothingLeft } from '../../support/imports/catalogue.ts';
import { importEnds } from '../../support/imports/import-state.ts';
import { releaseAfter } from '../../support/release.ts';
import { expectNoErrors, importAndWait, query } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../../support/server/server.ts';
import { addSource, commandSource, sourceImported } from '../../support/sources/data-sources.ts';
import { startFileHost } from '../../support/sources/file-host.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

interface Place {
  owner: Database;
  /** With the role that serves. */
  databaseUrl: string;
}

/** @param isBare without tables */
async function createPlace(t: TestContext, isBare = false): Promise<Place> {
  const role = `serving_${randomUUID().slice(0, 8)}`;
  // Registered first and so dropped last, when nothing belongs to it any more.
  const server = await createTestDatabase(t, { max: 1, bare: true });
  releaseAfter(t, () => server.sql`DROP ROLE ${server.sql(role)}`);
  const owner = await createTestDatabase(t, { max: 2, bare: isBare });
  const database = new URL(owner.url).pathname.slice(1);
  const { create, grants } = servingRoleStatements(role, database);
  await owner.sql.unsafe(create);
  releaseAfter(t, () => owner.sql`DROP OWNED BY ${owner.sql(role)} CASCADE`.then(() => {}));
  if (!isBare) await owner.sql.unsafe(grants);
  return { owner, databaseUrl: urlAs(owner.url, role, SERVING_PASSWORD) };
}

test('imports, updates, sources, undos and verification work under the role', async (t) => {
  const { owner, databaseUrl } = await createPlace(t);
  const server = await startTestServer(t, {
    ...ONE_LANE,
    databaseUrl,
    migrate: 'never',
    allowPrivateSources: true,
    sharedRates: true,
  });
  const { url } = server;
  const header = 'sku,name,description\n';
  const first = await importAndWait(url, `${header}a,Ann,1\nb,Bob,1\n,none,\nb,Bob,2\n`);
  assert.deepEqual([first.status, first.rows.inserted, first.rows.rejected], ['COMPLETED', 2, 1]);
  const again = await importAndWait(url, `${header}a,Ann,1\nb,Bob,2\n`);
  assert.equal(again.rows.unchanged, 2);
  const second = await importAndWait(url, `${header}a,Ann,3\nc,Cid,1\n`);
  assert.deepEqual([second.rows.updated, second.rows.inserted], [1, 1]);

  expectNoErrors(
    await query(
      url,
      `mutation {
        createProduct(input: { sku: "d", name: "Dan" }) { sku }
        updateProduct(sku: "d", input: { name: "Don" }) { sku }
        deleteProduct(sku: "b") { sku }
      }`,
    ),
  );
  const { products } = expectNoErrors(
    await query<{ products: { totalCount: number } }>(
      url,
      '{ products(filter: { skuContains: "c", words: "ci" }, orderBy: UPDATED_AT_DESC) { totalCount } }',
    ),
  );
  assert.equal(products.totalCount, 1);

  const host = await startFileHost(t);
  const rows = ['s,Sam,1', 't,Tim,1', 'u,Uma,1', 'v,Val,1', 'w,Wes,1'];
  host.serve('/all.csv', `${header}${rows.join('\n')}\n`);
  const source = await addSource(server, { name: 'all', url: `${host.url}/all.csv`, mode: 'REPLACE' });
  const { lastImport } = await sourceImported(server, source.id);
  assert.equal(lastImport.rows.inserted, 5);
  host.serve('/all.csv', `${header}${rows.slice(1).join('\n')}\n`);
  await commandSource(server, 'syncDataSource', source.id);
  assert.equal((await sourceImported(server, source.id, lastImport)).lastImport.rows.deleted, 1);

  const { undoImport } = expectNoErrors(
    await query<{ undoImport: { id: string } }>(url, 'mutation ($id: ID!) { undoImport(id: $id) { id } }', {
      id: second.id,
    }),
  );
  assert.equal((await importEnds(url, undoImport.id)).status, 'COMPLETED');
  await expectExactCounts(server);
  await expectNothingLeft(server);
  assert.ok((await owner.sql`SELECT FROM rate_counts`).length > 0, 'requests are counted in the database');
  await server.close();

  const verified = await promisify(execFile)(process.execPath, ['src/cli/commands/verify.ts', '--json'], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
  });
  assert.equal(JSON.parse(verified.stdout).equal, true);
  const owned = await owner.sql`
    SELECT relname FROM pg_class WHERE relowner <> (SELECT relowner FROM pg_class WHERE oid = 'products'::regclass)
      AND relnamespace = 'public'::regnamespace`;
  assert.deepEqual([...owned], [], 'the role has made nothing that stays');
});

test('a server that may not migrate says so, and does not start, until `npm run migrate` has run', async (t) => {
  const { owner, databaseUrl } = await createPlace(t, true);
  const refusal = async () => {
    const error = await requireMigratedDatabase(databaseUrl).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error === undefined) return '';
    assert.ok(error instanceof SettingsError, String(error));
    assert.doesNotMatch(error.message, /\n|change-me-too/);
    return error.message;
  };
  assert.match(await refusal(), /has no tables of Loadstone, and MIGRATE=never .*`npm run migrate`/);

  const migrated = await promisify(execFile)(process.execPath, ['src/cli/commands/migrate.ts'], {
    env: { ...process.env, DATABASE_URL: owner.url },
  });
  assert.match(migrated.stdout, /has all migrations of this version/);
  const lacked: string[] = [];
  for (let message = await refusal(); message !== ''; message = await refusal()) {
    const [, remedy = '', privilege = ''] = /or: (GRANT (.*) TO .*)$/.exec(message) ?? [];
    assert.ok(!lacked.includes(privilege), message);
    lacked.push(privilege);
    await owner.sql.unsafe(remedy);
  }
  for (const privilege of [
    'USAGE ON SCHEMA drizzle',
    'SELECT ON drizzle.__drizzle_migrations',
    'CREATE ON SCHEMA loadstone_staging',
    'DELETE ON products',
  ])
    assert.ok(lacked.includes(privilege), privilege);

  const dataDir = await createTemporaryFolder(t);
  const settings: Settings = {
    ...readSettings({ PORT: '0', LOG_LEVEL: 'silent', MIGRATE: 'never' }),
    dataDir,
    databaseUrl,
  };
  await owner.sql`
    DELETE FROM drizzle.__drizzle_migrations
    WHERE created_at = (SELECT max(created_at) FROM drizzle.__drizzle_migrations)`;
  await assert.rejects(createApp(settings), /lacks 1 of this version's migrations, and MIGRATE=never/);
  await assert.rejects(createApp({ ...settings, migrate: 'auto' }), /GRANT CREATE, TEMPORARY ON DATABASE/);
});
