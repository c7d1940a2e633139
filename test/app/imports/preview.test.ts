// Previews: an import shows what it would do, and changes nothing until a client commits it.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ImportOptions, ImportState } from '../../../src/cli/client/loadstone-client.ts';
import { expectCatalogue, expectExactCounts, expectNothingLeft } from '../../support/imports/catalogue.ts';
import { CatalogueModel } from '../../support/imports/catalogue-model.ts';
import { holdMerges, waitForWaiting } from '../../support/imports/hold-lock.ts';
import { importEnds, importReaches, importState } from '../../support/imports/import-state.ts';
import { cancel, codeOf, commit, expire, importUntilReady, product } from '../../support/imports/previews.ts';
import {
  expectNoErrors,
  importAndWait,
  query,
  upload,
  watchProgress,
} from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../../support/server/server.ts';
import { waitUntil } from '../../support/wait-until.ts';

const HEADER = 'name,sku,description\n';

/** Each into the catalogue that the ones before have left. */
const FILES: Record<string, [file: string, options: ImportOptions]> = {
  'the header alone': [HEADER, {}],
  'columns that are kept': ['name,sku,description,colour\nMug,1,x,red\nCup,2,x,\n', { keepColumns: true }],
  'changes in a kept column alone': [
    'name,sku,description,colour\nMug,1,x,blue\nCup,2,x,\nPot,3,x,grey\n',
    { keepColumns: true },
  ],
  'columns that are ignored': ['name,sku,description,size\nMug,1,x,L\nMug,2,x,L\nMug,2,y,L\n', {}],
  'the first of several rows with one SKU': [
    `${HEADER}Cup,2,first\nCup,2,second\nCup,2,third\nLid,4,x\n`,
    { onDuplicate: 'FIRST_WINS' },
  ],
  'no row with a repeated SKU': [`${HEADER}Cup,2,a\nCup,2,b\nJar,5,x\n`, { onDuplicate: 'REJECT' }],
  'blank fields with defaults': [
    'name,sku\n,1\nJar,5\n',
    {
      defaults: [
        { field: 'DESCRIPTION', value: 'none' },
        { field: 'NAME', value: 'Unknown' },
      ],
    },
  ],
  'issues of an earlier file': [
    'name,sku,description,line,code,message,record\nOld,1,x,2,SUPERSEDED,,\nNew,6,x,3,,,\n',
    {},
  ],
};

test('the commit of any file does what its preview says, if nothing happens between', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  for (const [what, [file, options]] of Object.entries(FILES)) {
    await t.test(what, async () => {
      const before = await server.database.sql`SELECT name, product_count FROM product_name_counts`;
      const { id, preview } = await importUntilReady(server.url, file, options);
      await commit(server.url, id);
      const { status, rows } = await importEnds(server.url, id);
      const { deleted: _, ...previewed } = preview.rows;
      assert.deepEqual([status, rows], ['COMPLETED', previewed]);
      const after = await server.database.sql`SELECT name, product_count FROM product_name_counts`;
      const moved = new Map([...before].map(({ name, product_count }) => [name, -product_count]));
      for (const { name, product_count } of after) moved.set(name, (moved.get(name) ?? 0) + product_count);
      assert.deepEqual(
        new Map(preview.names.map(({ name, countNow, countThen }) => [name, countThen - countNow])),
        new Map([...moved].filter(([, move]) => move !== 0)),
      );
      assert.equal(preview.samples.length, rows.read - rows.rejected);
      for (const { kind, sku, after: values } of preview.samples) {
        if (kind === 'SUPERSEDED') continue;
        const [found] = await server.database.sql`
          SELECT name, description, coalesce(attributes, '{}') AS attributes FROM products WHERE sku = ${sku}`;
        assert.deepEqual({ ...found, isCut: false }, values, sku);
      }
    });
  }
});

test('an import that stops at READY', async (t) => {
  // A second import would have to wait if one that is READY counted.
  const server = await startTestServer(t, { ...ONE_LANE, maxActiveImports: 1 });
  const { url, database } = server;
  const model = new CatalogueModel();

  await t.test(
    'into an empty catalogue: all rows would be inserted, and the commit inserts them',
    async () => {
      const file = `${HEADER}Mug,1,old\nMug,2,blue\nCup,3,red\nMug,1,new\n,4,no name\n`;
      const ready = await importUntilReady(url, file);
      const rows = { read: 5, inserted: 3, updated: 0, unchanged: 0, superseded: 1, rejected: 1 };
      assert.deepEqual(ready.preview.rows, { ...rows, deleted: 0 });
      assert.deepEqual(ready.preview.names, [
        { name: 'Mug', countNow: 0, countThen: 2 },
        { name: 'Cup', countNow: 0, countThen: 1 },
      ]);
      assert.deepEqual(ready.preview.samples, [
        { kind: 'SUPERSEDED', line: 2, sku: '1', winningLine: 5, before: null, after: product('Mug', 'old') },
        {
          kind: 'INSERTED',
          line: 3,
          sku: '2',
          winningLine: null,
          before: null,
          after: product('Mug', 'blue'),
        },
        {
          kind: 'INSERTED',
          line: 4,
          sku: '3',
          winningLine: null,
          before: null,
          after: product('Cup', 'red'),
        },
        {
          kind: 'INSERTED',
          line: 5,
          sku: '1',
          winningLine: null,
          before: null,
          after: product('Mug', 'new'),
        },
      ]);
      const { read, rejected, ...merged } = ready.rows;
      assert.deepEqual({ read, rejected }, { read: 5, rejected: 1 });
      assert.deepEqual(merged, { inserted: 0, updated: 0, unchanged: 0, superseded: 0 });
      await expectCatalogue(server, model);

      const committed = expectNoErrors(await commit(url, ready.id)).commitImport;
      assert.equal(committed.status, 'MERGING');
      const ended = await importEnds(url, ready.id);
      assert.deepEqual([ended.status, ended.rows], ['COMPLETED', rows]);
      model.import(file.replace(',4,no name\n', ''));
      model.products.delete('4');
      await expectCatalogue(server, model);
      await expectNothingLeft(server);
    },
  );

  await t.test(
    'holds no slot and no connection, and its commit does what there is to do by then',
    async () => {
      const file = `${HEADER}Mug,1,newer\nCup,2,blue\nCup,3,red\nPot,5,x\n`;
      const ready = await importUntilReady(url, file);
      assert.deepEqual([ready.percent, ready.etaSeconds, ready.waitingFor], [60, null, null]);
      const { inserted, updated, unchanged } = ready.preview.rows;
      assert.deepEqual({ inserted, updated, unchanged }, { inserted: 1, updated: 2, unchanged: 1 });
      assert.deepEqual(
        ready.preview.samples.filter(({ kind }) => kind === 'UPDATED'),
        [
          {
            kind: 'UPDATED',
            line: 2,
            sku: '1',
            winningLine: null,
            before: product('Mug', 'new'),
            after: product('Mug', 'newer'),
          },
          {
            kind: 'UPDATED',
            line: 3,
            sku: '2',
            winningLine: null,
            before: product('Mug', 'blue'),
            after: product('Cup', 'blue'),
          },
        ],
      );
      await waitUntil('its connections are closed', async () => {
        const open = await database.sql`
        SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name ~ '^loadstone (lane|merge|preview)'`;
        return open.length === 0;
      });
      const other = `${HEADER}Pot,5,x\n`;
      assert.equal((await importAndWait(url, other)).status, 'COMPLETED');
      model.import(other);
      await commit(url, ready.id);
      assert.deepEqual((await importEnds(url, ready.id)).rows, { ...model.import(file) });
      await expectCatalogue(server, model);
    },
  );

  await t.test('keeps its subscribers until it is committed and completed', async () => {
    const id = randomUUID();
    const statuses: ImportState['status'][] = [];
    const file = `${HEADER}Mug,1,watched\n`;
    const sent = upload(url, 'a.csv', file, { id, preview: true });
    for await (const { status } of watchProgress(url, id)) {
      if (statuses.at(-1) !== status) statuses.push(status);
      if (status === 'READY') expectNoErrors(await commit(url, id));
    }
    await sent;
    assert.deepEqual(statuses.slice(-3), ['READY', 'MERGING', 'COMPLETED']);
    model.import(file);
    await expectCatalogue(server, model);
  });

  await t.test('shows its preview to subscribers', async () => {
    const id = randomUUID();
    const document = `subscription { importProgress(id: "${id}") { status preview { rows { updated } } } }`;
    const response = await fetch(`${url}/graphql?query=${encodeURIComponent(document)}`, {
      headers: { accept: 'text/event-stream' },
    });
    const sent = upload(url, 'a.csv', `${HEADER}Mug,1,seen\n`, { id, preview: true });
    let text = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString();
      if (text.includes('"READY"')) break;
    }
    assert.match(text, /"status":"READY","preview":\{"rows":\{"updated":1\}\}/);
    await sent;
    await cancel(url, id);
  });

  await t.test('is previewed while another import merges, and merges after it', async (t) => {
    const held = await holdMerges(t, server);
    const first = `${HEADER}Jar,1,first\n`;
    const { id } = expectNoErrors(await upload(url, 'a.csv', first)).importProducts;
    await waitForWaiting(server, 'merge');
    // Its slot is not free.
    const sibling = await startTestServer(t, { ...server.settings, port: 0 });
    const second = `${HEADER}Jar,1,second\n`;
    const ready = await importUntilReady(sibling.url, second);
    assert.deepEqual(ready.preview.names[0], { name: 'Jar', countNow: 0, countThen: 1 });
    await commit(sibling.url, ready.id);
    await importReaches(url, ready.id, 'it waits', ({ waitingFor }) => waitingFor === 'MERGE_TURN');
    await held.release();
    await importEnds(url, id);
    assert.deepEqual((await importEnds(url, ready.id)).rows.updated, 1);
    model.import(first);
    model.import(second);
    await expectCatalogue(server, model);
  });

  await t.test('can be discarded, and leaves nothing behind', async () => {
    const ready = await importUntilReady(url, `${HEADER}Never,1,x\n`);
    assert.equal((await readdir(join(server.settings.dataDir, 'spool'))).length, 1);
    const discarded = expectNoErrors(await cancel(url, ready.id)).cancelImport;
    assert.deepEqual([discarded.status, discarded.error], ['CANCELLED', null]);
    await expectNothingLeft(server);
    await expectCatalogue(server, model);
    assert.equal(codeOf(await commit(url, ready.id)), 'NOT_READY');
    assert.equal(codeOf(await cancel(url, ready.id)), 'IMPORT_FINISHED');
  });

  await t.test('is merged once, however often it is committed', async () => {
    const file = `${HEADER}Mug,1,committed\n`;
    const { id } = await importUntilReady(url, file);
    const answers = await Promise.all([commit(url, id), commit(url, id), commit(url, id)]);
    for (const answer of answers) {
      assert.match(expectNoErrors(answer).commitImport.status, /MERGING|COMPLETED/);
    }
    assert.equal((await importEnds(url, id)).rows.updated, 1);
    assert.equal(expectNoErrors(await commit(url, id)).commitImport.status, 'COMPLETED');
    model.import(file);
    await expectCatalogue(server, model);
  });

  await t.test('is undone as any import once it is committed, and not before', async () => {
    const { id } = await importUntilReady(url, `${HEADER}Mug,1,undone\nNew,undone-1,x\n`);
    const UNDO = 'mutation ($id: ID!) { undoImport(id: $id) { id } }';
    assert.equal(codeOf(await query(url, UNDO, { id })), 'IMPORT_UNFINISHED');
    await commit(url, id);
    await importEnds(url, id);
    const undo = expectNoErrors(await query<{ undoImport: { id: string } }>(url, UNDO, { id })).undoImport;
    assert.equal((await importEnds(url, undo.id)).status, 'COMPLETED');
    await expectCatalogue(server, model);
  });

  await t.test('is the answer if its file is sent again with its id', async () => {
    const id = randomUUID();
    const file = `${HEADER}Mug,1,again\n`;
    await importUntilReady(url, file, { id });
    for (const preview of [true, false]) {
      const repeated = expectNoErrors(await upload(url, 'a.csv', file, { id, preview })).importProducts;
      assert.deepEqual([repeated.id, repeated.status], [id, 'READY']);
    }
    assert.equal(codeOf(await upload(url, 'a.csv', `${HEADER}Mug,1,other\n`, { id })), 'IMPORT_ID_TAKEN');
    await cancel(url, id);
  });

  await t.test('cannot be retried, and nothing else can be committed', async (t) => {
    const ready = await importUntilReady(url, `${HEADER}Mug,1,x\n`);
    const retried = await query(url, 'mutation ($id: ID!) { retryImport(id: $id) { id } }', { id: ready.id });
    assert.equal(codeOf(retried), 'NOT_RETRYABLE');
    assert.match(retried.errors?.[0]?.message ?? '', /commitImport/);
    await cancel(url, ready.id);

    assert.equal(codeOf(await commit(url, randomUUID())), 'NOT_FOUND');
    const completed = await importAndWait(url, `${HEADER}Mug,1,again\n`);
    model.import(`${HEADER}Mug,1,again\n`);
    const refused = await commit(url, completed.id);
    assert.equal(codeOf(refused), 'NOT_READY');
    assert.match(refused.errors?.[0]?.message ?? '', /without the option `preview`/);
    const failed = await importAndWait(url, 'name,sku\nMug,1\n', { preview: true });
    assert.equal(failed.error?.code, 'MISSING_COLUMN');
    assert.equal(codeOf(await commit(url, failed.id)), 'NOT_READY');

    const held = await holdMerges(t, server);
    const { id } = expectNoErrors(await upload(url, 'a.csv', `${HEADER}Lid,1,x\n`)).importProducts;
    await waitForWaiting(server, 'merge');
    const waiting = expectNoErrors(await upload(url, 'b.csv', `${HEADER}Lid,1,x\n`, { preview: true }));
    assert.match(
      (await commit(url, waiting.importProducts.id)).errors?.[0]?.message ?? '',
      /still LOADING. Commit it once it is READY/,
    );
    await cancel(url, waiting.importProducts.id);
    await held.release();
    await importEnds(url, id);
    model.import(`${HEADER}Lid,1,x\n`);
  });

  await t.test('expires: it is cancelled with a reason, and leaves nothing behind', async () => {
    const { id } = await importUntilReady(url, `${HEADER}Late,1,x\n`);
    const { expiresAt } = expectNoErrors(
      await query<{ import: { expiresAt: string } }>(
        url,
        'query ($id: ID!) { import(id: $id) { expiresAt } }',
        { id },
      ),
    ).import;
    const hours = (Date.parse(expiresAt) - Date.now()) / 3_600_000;
    assert.ok(hours > 23.9 && hours <= 24.1, `it can be committed for ${hours} hours`);
    await expire(server, id);
    assert.equal(codeOf(await commit(url, id)), 'PREVIEW_EXPIRED');
    const ended = await importEnds(url, id);
    assert.deepEqual([ended.status, ended.error?.code], ['CANCELLED', 'PREVIEW_EXPIRED']);
    assert.equal(codeOf(await commit(url, id)), 'PREVIEW_EXPIRED');
    await expectNothingLeft(server);
    await expectCatalogue(server, model);
  });

  await t.test('is found by its status, and the others have no preview', async () => {
    const { id } = await importUntilReady(url, `${HEADER}Mug,1,x\n`);
    const LIST =
      '{ imports(first: 100, filter: { status: READY }) { nodes { id preview { namesChanged } } } }';
    const found = expectNoErrors(
      await query<{ imports: { nodes: { id: string; preview: object }[] } }>(url, LIST),
    );
    assert.deepEqual(found.imports.nodes, [{ id, preview: { namesChanged: 2 } }]);
    await cancel(url, id);
    const plain = await importAndWait(url, `${HEADER}Lid,1,x\n`);
    const none = expectNoErrors(
      await query<{ import: object }>(
        url,
        'query ($id: ID!) { import(id: $id) { preview { asOf } expiresAt } }',
        {
          id: plain.id,
        },
      ),
    );
    assert.deepEqual(none.import, { preview: null, expiresAt: null });
    assert.equal((await importState(url, id))?.status, 'CANCELLED');
    await expectExactCounts(server);
  });
});
