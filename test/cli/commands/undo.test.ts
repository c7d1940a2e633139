// A user undoes an import from the command line.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProductStore } from '../../../src/db/catalogue/products/product-store.ts';
import { importAndWait } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../../support/server/server.ts';
import { runCommand } from '../support.ts';

test('it undoes an import, and shows what is kept', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { id } = await importAndWait(server.url, 'sku,name,description\na-1,Ann,one\nb-1,Bob,two\n');
  await new ProductStore(server.database).update('b-1', { name: 'Bea' });
  const args = [id, '--url', `${server.url}/graphql`];
  const undone = await runCommand(t, 'undo', args);
  assert.equal(undone.status, 0, undone.stderr);
  assert.match(undone.stdout, /of products\.csv: COMPLETED after /);
  assert.match(undone.stdout, /changed {3}2\nrestored {2}0\nremoved {3}1\nkept {6}1\n/);
  assert.match(undone.stdout, /Kept products \(1 of 1\):\nb-1 {2}updated since by an edit\n/);

  const again = await runCommand(t, 'undo', args);
  assert.equal(again.status, 1);
  assert.match(again.stderr, /was undone already/);
  assert.equal((await runCommand(t, 'undo', [])).status, 2);
});
