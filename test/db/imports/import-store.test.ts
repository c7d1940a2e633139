// A single statement writes the state of an import and notifies of it, so no process can die between the two.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImportRecord } from '../../../src/db/imports/import-record.ts';
import { IMPORT_CHANNEL, ImportStore } from '../../../src/db/imports/import-store.ts';
import { openCounted } from '../../support/database/count-statements.ts';
import { createTestDatabase } from '../../support/database/database.ts';
import { waitUntil } from '../../support/wait-until.ts';

const ID = '00000000-0000-4000-8000-000000000001';
const ME = '00000000-0000-4000-8000-0000000000aa';
const OTHER = '00000000-0000-4000-8000-0000000000bb';
const FILE = { fileName: 'a.csv', maxRejectedRows: 1 };

test('each write notifies in the same statement, with the revision that it writes', async (t) => {
  const database = await createTestDatabase(t);
  const heard: string[] = [];
  await database.sql.listen(IMPORT_CHANNEL, (payload) => heard.push(payload));
  const counted = await openCounted(t, database);
  const store = new ImportStore(counted.database);
  const written: ImportRecord[] = [];
  store.onWritten((state) => written.push(state));

  const { texts } = await counted.sentBy(async () => {
    await store.create({ id: ID, ...FILE, status: 'RECEIVING', owner: ME });
    await store.end(ID, ME, { status: 'FAILED' }, 0);
    await store.restart({ id: ID, ...FILE, status: 'RECEIVING', owner: ME });
    await store.report(ID, ME, { sha256: 'f'.repeat(64), status: 'LOADING' });
    await store.awaitSpool((await store.get(ID)) ?? assert.fail());
    await store.claim((await store.get(ID)) ?? assert.fail(), OTHER);
    await store.beginMerging(ID, OTHER, [1, 2]);
    await store.requestCancel(ID);
    await store.end(ID, OTHER, { status: 'FAILED' }, 1);
    await store.reopen(ID, ME);
    await store.end(ID, ME, { status: 'COMPLETED' }, 0);
  });

  assert.deepEqual(
    written.map(({ revision }) => revision),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
  await waitUntil('each is heard', () => heard.length >= written.length);
  assert.deepEqual(
    heard,
    written.map(({ id, revision }) => `${id}:${revision}`),
  );
  const writes = texts.filter((text) => /\b(insert into|update) "imports"/.test(text));
  const notifying = texts.filter((text) => /\b(pg_)?notify\b/i.test(text));
  assert.ok(writes.length > 0);
  assert.deepEqual(notifying, writes);
});

test('a write that has no effect sends no notification', async (t) => {
  const database = await createTestDatabase(t);
  const store = new ImportStore(database);
  await store.create({ id: ID, ...FILE, status: 'RECEIVING', owner: ME });
  store.onWritten(() => assert.fail('nothing was written'));

  assert.equal(await store.create({ id: ID, ...FILE, status: 'RECEIVING', owner: ME }), undefined);
  assert.equal(await store.restart({ id: ID, ...FILE, status: 'RECEIVING', owner: ME }), undefined);
  assert.equal(await store.reopen(ID, ME), undefined);
  assert.equal(await store.requestCancel('00000000-0000-4000-8000-000000000009'), undefined);
  assert.equal(await store.commit(ID, ME), undefined);
  await assert.rejects(store.report(ID, OTHER, { status: 'LOADING' }), /another process/);
  await assert.rejects(store.beginMerging(ID, OTHER, [1]), /another process/);
});

test('how a file is read is kept over a failure, a retry and a change of owner; an upload that starts over has its own', async (t) => {
  const database = await createTestDatabase(t);
  const store = new ImportStore(database);
  const reading: Partial<ImportRecord> = {
    givenMapping: [{ column: 'Variant "SKU"', field: 'sku' }],
    defaults: { description: '' },
    profile: 'ERP',
    sheet: 'Products',
    onDuplicate: 'REJECT',
  };
  const mapping = [{ column: 'Variant "SKU"', field: 'sku' as const, isGuessed: false }];
  const readingOf = (record: ImportRecord | undefined) =>
    Object.fromEntries(Object.keys(reading).map((key) => [key, record?.[key as keyof ImportRecord]]));
  const upload = { id: ID, ...FILE, status: 'RECEIVING' as const, owner: ME };
  assert.deepEqual(readingOf(await store.create({ ...upload, ...reading })), reading);
  await store.report(ID, ME, { sha256: 'f'.repeat(64), mapping });
  await store.end(ID, ME, { status: 'FAILED', errorCode: 'INTERNAL' }, 1);
  const reopened = await store.reopen(ID, ME);
  assert.deepEqual([readingOf(reopened), reopened?.mapping], [reading, mapping]);
  const claimed = await store.claim(reopened ?? assert.fail(), OTHER);
  assert.deepEqual([readingOf(claimed), claimed?.mapping], [reading, mapping]);

  await store.report(ID, OTHER, { sha256: null });
  await store.end(ID, OTHER, { status: 'FAILED', errorCode: 'UPLOAD_INTERRUPTED' }, 0);
  const restarted = await store.restart({ ...upload, defaults: { name: 'x' } });
  const fresh = {
    givenMapping: null,
    defaults: { name: 'x' },
    profile: null,
    sheet: null,
    onDuplicate: 'LAST_WINS',
  };
  assert.deepEqual([readingOf(restarted), restarted?.mapping], [fresh, null]);
});
