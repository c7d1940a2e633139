// The console and the commands on a server that executes only the documents of a list.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import * as commandDocuments from '../../src/cli/client/documents.ts';
import { importFile } from '../../src/cli/client/import-file.ts';
import { LoadstoneClient } from '../../src/cli/client/loadstone-client.ts';
import { sha256 } from '../../src/http/graphql/documents/persisted-operations.ts';
import { openPage } from '../support/browser/browser.ts';
import { query } from '../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../support/server/server.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { cardOf, importFiles, productFile } from './support.ts';

test('the documents of the console and the commands need not be in the list of persisted operations', async (t) => {
  const folder = await createTemporaryFolder(t);
  const persistedOperations = join(folder, 'operations.json');
  const document = '{ products { totalCount } }';
  await writeFile(persistedOperations, JSON.stringify({ [sha256(document)]: document }));
  const server = await startTestServer(t, { ...ONE_LANE, persistedOperations });
  assert.equal(
    (await query(server.url, `${document} `)).errors?.[0]?.extensions?.code,
    'PERSISTED_QUERY_ONLY',
  );

  const page = await openPage(t, server);
  await page.goto('/');
  await importFiles(page, productFile('one.csv', 10));
  await cardOf(page, 'one.csv').getByText('Completed').waitFor();
  await page.goto('/products');
  await page.getByText('sku-1', { exact: true }).first().waitFor();
  const { data } = await query<{ products: { totalCount: number } }>(server.url, document);
  assert.equal(data?.products.totalCount, 10);

  const file = 'name,sku,description\nA,a,x\n';
  const { state } = await importFile(
    new LoadstoneClient(`${server.url}/graphql`),
    { name: 'two.csv', size: file.length, stream: Readable.from([file]) },
    { id: randomUUID() },
    () => {},
  );
  assert.equal(state.status, 'COMPLETED');
  for (const text of Object.values(commandDocuments)) {
    if (!/^(query|mutation)/.test(text)) continue;
    const { errors = [] } = await query(server.url, text, { id: 'none' });
    assert.ok(!JSON.stringify(errors).includes('PERSISTED_QUERY_ONLY'), text);
  }
});
