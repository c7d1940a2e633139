// Profiles keep how files are read under a name.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { ImportOptions } from '../../../src/cli/client/loadstone-client.ts';
import { expectNoErrors, importAndWait, query, upload } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';
import {
  addSource,
  sourceImported,
  sourceReaches,
  startSourcesServer,
  updateSource,
} from '../../support/sources/data-sources.ts';
import { startFileHost } from '../../support/sources/file-host.ts';

interface Profile {
  id: string;
  name: string;
  delimiter: string | null;
  encoding: string | null;
  quoting: string;
  skipInitialSpace: boolean;
  sheet: string | null;
  onDuplicate: string;
  mapping: { column: string; field: string; isGuessed: boolean }[];
  defaults: { field: string; value: string }[];
  maxRejectedRows: number | null;
}

const FIELDS =
  'id name delimiter encoding quoting skipInitialSpace sheet onDuplicate mapping { column field isGuessed } defaults { field value } maxRejectedRows';
const SAVE = `mutation ($input: ImportProfileInput!) { saveImportProfile(input: $input) { ${FIELDS} } }`;
const DELETE = 'mutation ($id: ID!) { deleteImportProfile(id: $id) { name } }';

const ERP = {
  name: 'ERP',
  delimiter: '^',
  encoding: 'latin1',
  quoting: 'NONE',
  skipInitialSpace: true,
  sheet: 'Articles',
  onDuplicate: 'REJECT',
  mapping: [
    { column: 'Nr', field: 'SKU' },
    { column: 'Größe', field: 'NAME' },
  ],
  defaults: [{ field: 'DESCRIPTION', value: 'none' }],
  maxRejectedRows: 0,
};
const FILE = Buffer.from('Nr^ Größe^Text\n1^ 5" Rohr^x\n', 'latin1');

type Input = { [Key in keyof typeof ERP]?: (typeof ERP)[Key] | null };

async function save({ url }: TestServer, input: Input): Promise<Profile> {
  return expectNoErrors(await query<{ saveImportProfile: Profile }>(url, SAVE, { input })).saveImportProfile;
}

async function codeOf(answer: ReturnType<typeof query>): Promise<string | undefined> {
  return (await answer).errors?.[0]?.extensions?.code;
}

test('a profile is saved, replaced, listed and deleted', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { url } = server;
  const { id, ...saved } = await save(server, ERP);
  assert.deepEqual(saved, { ...ERP, mapping: ERP.mapping.map((each) => ({ ...each, isGuessed: false })) });
  const replaced = await save(server, { name: 'ERP', delimiter: ';' });
  assert.deepEqual(replaced, {
    ...{ id, name: 'ERP', delimiter: ';', encoding: null, quoting: 'STANDARD', skipInitialSpace: false },
    ...{ sheet: null, onDuplicate: 'LAST_WINS', mapping: [], defaults: [], maxRejectedRows: null },
  });
  // Two clients at once.
  const both = await Promise.all([save(server, { name: 'A' }), save(server, { name: 'A', delimiter: '|' })]);
  assert.equal(both[0].id, both[1].id);

  const LIST =
    '{ importProfiles(first: 1) { nodes { name } pageInfo { hasNextPage endCursor } } importProfile(id: "ID") { name } }';
  const page = expectNoErrors(await query(url, LIST.replace('ID', id)));
  const { importProfiles, importProfile } = page as Record<
    string,
    { nodes: object[]; pageInfo: { endCursor: string } }
  >;
  assert.deepEqual([importProfiles?.nodes, importProfile], [[{ name: 'A' }], { name: 'ERP' }]);
  const next = await query<{ importProfiles: object }>(
    url,
    'query ($after: String) { importProfiles(after: $after) { nodes { name } pageInfo { hasNextPage } } }',
    { after: importProfiles?.pageInfo.endCursor },
  );
  assert.deepEqual(expectNoErrors(next).importProfiles, {
    nodes: [{ name: 'ERP' }],
    pageInfo: { hasNextPage: false },
  });

  expectNoErrors(await query(url, DELETE, { id }));
  assert.equal(await codeOf(query(url, DELETE, { id })), 'NOT_FOUND');
  assert.equal(await codeOf(query(url, DELETE, { id: 'x' })), 'BAD_USER_INPUT');
  const gone = await query<{ importProfile: null }>(url, `{ importProfile(id: "${id}") { name } }`);
  assert.equal(expectNoErrors(gone).importProfile, null);
});

test('a profile that is not valid is refused with the name of its field', async (t) => {
  const { url } = await startTestServer(t, ONE_LANE);
  const wrong: Input[] = [
    { name: ' ' },
    { name: 'x'.repeat(201) },
    { name: 'a\0' },
    { delimiter: ';;' },
    { encoding: 'klingon' },
    { mapping: [{ column: '', field: 'SKU' }] },
    { defaults: [{ field: 'SKU', value: 'x' }] },
    { maxRejectedRows: -1 },
  ];
  for (const input of wrong) {
    const { errors } = await query(url, SAVE, { input: { name: 'ok', ...input } });
    assert.equal(errors?.[0]?.extensions?.code, 'BAD_USER_INPUT');
    assert.equal(errors[0].extensions.field, Object.keys(input)[0]);
  }
});

test('an import reads its file as the profile says, and its own options come first', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  await save(server, ERP);
  const done = await importAndWait(server.url, FILE, { profile: 'ERP' });
  assert.equal(done.status, 'COMPLETED', JSON.stringify(done.error));
  const text: ImportOptions['mapping'] = [
    { column: 'nr', field: 'SKU' },
    { column: 'Text', field: 'NAME' },
  ];
  const own = await importAndWait(server.url, FILE, { profile: 'ERP', mapping: text, maxRejectedRows: 5 });
  assert.equal(own.rows.updated, 1);
  const [stored] = await server.database.sql`
    SELECT profile, delimiter, max_rejected_rows FROM imports WHERE id = ${own.id}`;
  assert.deepEqual(stored, { profile: 'ERP', delimiter: '^', max_rejected_rows: 5 });
  const [product] = await server.database.sql`SELECT name, description FROM products`;
  assert.deepEqual(product, { name: 'x', description: 'none' });
  const seen = await query<{ import: object }>(server.url, `{ import(id: "${own.id}") { profile } }`);
  assert.deepEqual(expectNoErrors(seen).import, { profile: 'ERP' });
});

test('a profile that is gone is told before anything starts, by an inspection as well', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { id } = await save(server, ERP);
  expectNoErrors(await query(server.url, DELETE, { id }));
  const { errors } = await upload(server.url, 'a.csv', FILE, { profile: 'ERP', id: randomUUID() });
  assert.equal(errors?.[0]?.extensions?.code, 'PROFILE_NOT_FOUND');
  assert.match(errors[0].message, /no import profile "ERP"\. Save it again/);
  assert.equal((await server.database.sql`SELECT FROM imports`).length, 0);
  const add = 'mutation ($input: AddDataSourceInput!) { addDataSource(input: $input) { id } }';
  const input = { name: 'a', kind: 'HTTP', url: 'https://example.com', profile: 'ERP' };
  assert.equal(await codeOf(query(server.url, add, { input })), 'PROFILE_NOT_FOUND');
});

test('a data source follows its profile: what it says, when it changes, and when it is gone', async (t) => {
  const server = await startSourcesServer(t);
  const host = await startFileHost(t);
  host.answer('/p.csv', (_, response) => {
    response.setHeader('content-type', 'text/csv; charset=utf-16le');
    response.setHeader('etag', '"1"');
    response.end(FILE);
  });
  const { id: profile } = await save(server, ERP);
  const { id } = await addSource(server, { url: `${host.url}/p.csv`, profile: 'ERP' });
  const first = await sourceImported(server, id);
  assert.equal(first.profile, 'ERP');
  assert.equal(first.lastImport.rows.inserted, 1);
  assert.deepEqual(first.lastImport.warnings, [], 'the encoding is that of the profile');

  await save(server, { ...ERP, defaults: [{ field: 'DESCRIPTION', value: 'other' }] });
  const again =
    (last: string | undefined) =>
    ({ lastImport }: { lastImport: { id: string } | null }) =>
      lastImport !== null && lastImport.id !== last;
  const second = await sourceReaches(server, id, 'imports again', again(first.lastImport.id));
  assert.equal(second.lastImport?.rows.updated, 1);

  expectNoErrors(await query(server.url, DELETE, { id: profile }));
  await updateSource(server, id, {
    maxRejectedRows: 3,
    skipInitialSpace: false,
    mapping: [{ column: 'Nr', field: 'SKU' }],
  });
  const failing = await sourceReaches(server, id, 'fails', ({ state }) => state === 'FAILING');
  assert.equal(failing.error?.code, 'PROFILE_NOT_FOUND');
  await save(server, ERP);
  await sourceReaches(server, id, 'fails otherwise', ({ error }) => error?.code === 'MISSING_COLUMN');
  await updateSource(server, id, { mapping: null });
  const third = await sourceReaches(server, id, 'imports again', again(second.lastImport?.id));
  assert.equal(third.error, null);
  await updateSource(server, id, { profile: null });
  await sourceReaches(server, id, 'fails without the profile', ({ state }) => state === 'FAILING');
});
