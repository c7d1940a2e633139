// Databases that Loadstone cannot use are refused with a one-line reason, and the advice in it works.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Database } from '../../../../src/db/postgres/connection/database.ts';
import { migrateDatabase } from '../../../../src/db/postgres/startup/migrate.ts';
import {
  type DatabaseFacts,
  unmetRequirement,
} from '../../../../src/db/postgres/startup/server-requirements.ts';
import { SettingsError } from '../../../../src/errors.ts';
import { createTestDatabase } from '../../../support/database/database.ts';
import { addressOf } from '../../../support/database/template.ts';
import { releaseAfter } from '../../../support/release.ts';

/** A database, and a role without any privileges of its own. */
interface Place {
  /** Connected as the owner of the database. */
  admin: Database;
  role: string;
  url: string;
}

interface Case {
  /** Whether the database has Loadstone's tables. Default: false. */
  migrated?: boolean;
  /** Makes the database unusable. */
  given: (place: Place) => Promise<unknown>;
  /** The reasons given in turn, as each advice is followed. */
  refused: RegExp[];
}

const own = ({ admin, role }: Place) =>
  admin.sql`GRANT CREATE, TEMPORARY ON DATABASE ${admin.sql(nameOf(admin.url))} TO ${admin.sql(role)}`;

async function ownAll(place: Place): Promise<void> {
  await own(place);
  await place.admin.sql`GRANT CREATE ON SCHEMA public TO ${place.admin.sql(place.role)}`;
}

const CASES: Record<string, Case> = {
  'a role that can only connect': {
    given: async () => {},
    refused: [/may not create schemas and temporary tables/, /may not create tables in the schema "public"/],
  },
  'a database without the right to create temporary tables': {
    given: async (place) => {
      await ownAll(place);
      const { sql, url } = place.admin;
      await sql`REVOKE TEMPORARY ON DATABASE ${sql(nameOf(url))} FROM PUBLIC, ${sql(place.role)}`;
    },
    refused: [/may not create schemas and temporary tables/],
  },
  'a missing schema "public"': {
    given: async (place) => {
      await own(place);
      await place.admin.sql`DROP SCHEMA public`;
    },
    refused: [/has no schema in which/],
  },
  'a table "products" of another application': {
    given: async (place) => {
      await ownAll(place);
      await place.admin.sql`CREATE TABLE products (id int)`;
    },
    refused: [/has a table "products" that is not Loadstone's/],
  },
  'a view "products" of another application': {
    given: async (place) => {
      await ownAll(place);
      await place.admin.sql`CREATE VIEW products AS SELECT 'a' AS sku`;
    },
    refused: [/has a view "products" that is not Loadstone's/],
  },
  'a sequence "imports" of another application': {
    given: async (place) => {
      await ownAll(place);
      await place.admin.sql`CREATE SEQUENCE imports`;
    },
    refused: [/has a sequence "imports" that is not Loadstone's/],
  },
  'tables that belong to another role': {
    migrated: true,
    given: ownAll,
    refused: [/The table "products" belongs to the role "[^"]+", and the role "role_/],
  },
  'a role without the right to connect': {
    given: async (place) => {
      await ownAll(place);
      await place.admin
        .sql`REVOKE CONNECT ON DATABASE ${place.admin.sql(nameOf(place.admin.url))} FROM PUBLIC`;
    },
    refused: [/permission denied for database/],
  },
  'a limit of one connection': {
    given: async (place) => {
      await ownAll(place);
      await place.admin.sql`ALTER ROLE ${place.admin.sql(place.role)} CONNECTION LIMIT 1`;
    },
    refused: [/allows no second connection \(too many connections for role/],
  },
  'a table replaced by a view': {
    migrated: true,
    given: async ({ admin }) => {
      await admin.sql`ALTER TABLE products RENAME TO kept`;
      await admin.sql`CREATE VIEW products AS SELECT * FROM kept`;
    },
    refused: [/The table "products" is not as Loadstone created it: it is a view/],
  },
  'a dropped column': {
    migrated: true,
    given: ({ admin }) => admin.sql`ALTER TABLE imports DROP COLUMN sha256`,
    refused: [/The table "imports" is not as Loadstone created it: the column "sha256" is missing/],
  },
  'a dropped table': {
    migrated: true,
    given: ({ admin }) => admin.sql`DROP TABLE product_name_search`,
    refused: [/The table "product_name_search" is not as Loadstone created it: it is missing/],
  },
  'a dropped function': {
    migrated: true,
    given: ({ admin }) => admin.sql`DROP FUNCTION update_product`,
    refused: [/The function "update_product" is missing from the database/],
  },
  'another application that uses Drizzle': {
    given: async ({ admin }) => {
      await admin.sql`CREATE SCHEMA drizzle`;
      await admin.sql`CREATE TABLE drizzle.__drizzle_migrations (id serial, hash text, created_at bigint)`;
      await admin.sql`INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('of a shop', 1700000000000)`;
    },
    refused: [/Another application keeps its migrations in drizzle/],
  },
  'a function with the name of one that a migration creates': {
    given: ({ admin }) =>
      admin.sql`CREATE FUNCTION fold_name(name text) RETURNS text LANGUAGE sql RETURN name`,
    refused: [/cannot be created or migrated: function "fold_name" already exists .*\(42723\)/],
  },
};

for (const [name, { migrated = false, given, refused }] of Object.entries(CASES)) {
  test(`refused in one line: ${name}`, async (t) => {
    const place = await createPlace(t, !migrated);
    await given(place);
    // Where the role does not matter, connect as the owner.
    const roleMatters =
      !/as Loadstone created it|is missing from the database|Another application|cannot be created/.test(
        String(refused[0]),
      );
    const url = roleMatters ? place.url : place.admin.url;
    for (const reason of refused) {
      const message = await refusal(url);
      assert.match(message, reason);
      const remedy = /(?:Run there|or run there|in this one): (.*)$/i.exec(message)?.[1];
      if (remedy) await place.admin.sql.unsafe(remedy);
      else if (/second connection/.test(message))
        await place.admin.sql`ALTER ROLE ${place.admin.sql(place.role)} CONNECTION LIMIT 2`;
      else return;
    }
    await migrateDatabase(url);
  });
}

for (const encoding of ['LATIN1', 'SQL_ASCII', 'EUC_JP']) {
  test(`refused in one line: a database in ${encoding}`, async (t) => {
    const { admin } = await createPlace(t, true);
    const other = await createDatabase(
      t,
      admin,
      (name) => `CREATE DATABASE ${name} TEMPLATE template0 ENCODING '${encoding}' LOCALE 'C'`,
    );
    const message = await refusal(other);
    assert.match(message, new RegExp(`has the encoding ${encoding}; Loadstone needs UTF8`));
    const remedy = /DATABASE_URL: (CREATE DATABASE.*)$/.exec(message)?.[1] ?? '';
    await migrateDatabase(await createDatabase(t, admin, (name) => remedy.replace('loadstone', name)));
  });
}

for (const [name, spoil, reason] of [
  [
    'a wrong password',
    { password: 'wrong' },
    /password authentication failed for user .*Check DATABASE_URL: its user/,
  ],
  ['an unknown role', { username: 'nobody_has_this' }, /password authentication failed .*Check DATABASE_URL/],
  [
    'an unknown database',
    { pathname: '/not "here"' },
    /database "not "here"" does not exist.* CREATE DATABASE "not ""here"""/,
  ],
  [
    'an unknown host',
    { hostname: 'database.invalid' },
    /getaddrinfo .*database\.invalid.*Check DATABASE_URL/,
  ],
  [
    'a port without a server',
    { port: '1' },
    /ECONNREFUSED.*Check DATABASE_URL, and that Postgres is running there/,
  ],
  ['a host with several addresses and no server', { hostname: 'localhost', port: '1' }, /ECONNREFUSED/],
  [
    'an unknown parameter',
    { search: '?schema=shop' },
    /unrecognized configuration parameter "schema".*remove/,
  ],
  [
    'encryption on a server without TLS',
    { search: '?sslmode=require' },
    /does not accept encrypted connections/,
  ],
] as const) {
  test(`refused in one line: ${name}`, async (t) => {
    const { url } = await createTestDatabase(t);
    const spoilt: URL = Object.assign(new URL(url), spoil);
    assert.match(await refusal(spoilt.href), reason);
  });
}

for (const [name, answer, reason] of [
  [
    'a web server',
    (socket: Socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
    /the server is not Postgres/,
  ],
  [
    'MySQL',
    (socket: Socket) => socket.write(Buffer.from('4a0000000a382e302e3336', 'hex')),
    /the server is not Postgres/,
  ],
  [
    'a server that closes the connection',
    (socket: Socket) => socket.destroy(),
    /the server closed the connection/,
  ],
] as const) {
  test(`refused in one line: ${name} instead of Postgres`, async (t) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => answer(socket));
    }).listen(0, '127.0.0.1');
    releaseAfter(t, () => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    assert.match(await refusal(`postgres://shop:secret@127.0.0.1:${port}/catalogue`), reason);
  });
}

const FIT: DatabaseFacts = {
  database: 'shop',
  role: 'shop',
  version: '15.0',
  versionNumber: 150_000,
  encoding: 'UTF8',
  isStandby: false,
  mayCreateSchemas: true,
  mayCreateTemporary: true,
  schema: 'public',
  mayCreateTables: true,
};

test('Postgres 15 is accepted, 14 is not', () => {
  assert.equal(unmetRequirement(FIT), undefined);
  assert.match(
    unmetRequirement({ ...FIT, version: '14.19', versionNumber: 140_019 }) ?? '',
    /The database runs Postgres 14\.19; Loadstone needs 15 or newer/,
  );
});

test('names are quoted in the suggested statements', () => {
  const message = unmetRequirement({ ...FIT, role: 'a "b"', mayCreateTables: false }) ?? '';
  assert.match(message, /GRANT CREATE ON SCHEMA "public" TO "a ""b"""$/);
});

test('without the right to create pg_trgm, it starts and searches without the index', async (t) => {
  const place = await createPlace(t, true);
  await ownAll(place);
  const { sql } = place.admin;
  await sql`CREATE SCHEMA locked`;
  await sql`CREATE EXTENSION pg_trgm SCHEMA locked`;
  await migrateDatabase(place.url);
  const indexes = await sql`SELECT FROM pg_indexes WHERE indexname = 'product_name_search_trigrams'`;
  assert.equal(indexes.length, 0);
});

test('tables are created in the schema of the role, if it has one', async (t) => {
  const place = await createPlace(t, true);
  await ownAll(place);
  const { sql } = place.admin;
  await sql`CREATE SCHEMA ${sql(place.role)} AUTHORIZATION ${sql(place.role)}`;
  await migrateDatabase(place.url);
  await migrateDatabase(place.url);
  const [table] = await sql`SELECT schemaname AS schema FROM pg_tables WHERE tablename = 'products'`;
  assert.equal(table?.['schema'], place.role);
});

async function refusal(url: string): Promise<string> {
  const error = await migrateDatabase(url).then(
    () => assert.fail('it was not refused'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof SettingsError, String(error));
  assert.doesNotMatch(error.message, /\n/);
  const { password } = new URL(url);
  assert.ok(password === '' || !error.message.includes(password), 'it shows the password');
  return error.message;
}

async function createPlace(t: TestContext, bare: boolean): Promise<Place> {
  const role = `role_${randomUUID().slice(0, 8)}`;
  // Registered first and so dropped last, when nothing belongs to it any more.
  const server = await createTestDatabase(t, { max: 1, bare: true });
  await server.sql`CREATE ROLE ${server.sql(role)} LOGIN PASSWORD 'role-secret'`;
  releaseAfter(t, () => server.sql`DROP ROLE ${server.sql(role)}`);
  const admin = await createTestDatabase(t, { max: 1, bare });
  releaseAfter(t, async () => {
    await admin.sql`DROP OWNED BY ${admin.sql(role)} CASCADE`;
  });
  const url = Object.assign(new URL(admin.url), { username: role, password: 'role-secret' }).href;
  return { admin, role, url };
}

/** @returns its address */
async function createDatabase(
  t: TestContext,
  admin: Database,
  statement: (name: string) => string,
): Promise<string> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await admin.sql.unsafe(statement(name));
  releaseAfter(t, () => admin.sql`DROP DATABASE ${admin.sql(name)} WITH (FORCE)`);
  return addressOf(name, admin.url);
}

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1);
}
