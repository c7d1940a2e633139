// Waiting imports.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectAccessible, openPage } from '../support/browser/browser.ts';
import { holdMerges } from '../support/imports/hold-lock.ts';
import { ONE_LANE, startTestServer } from '../support/server/server.ts';
import { cardOf, importFiles, ledgerOf, productFile } from './support.ts';

test('says why an import waits', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const lock = await holdMerges(t, server);
  const page = await openPage(t, server);
  await page.goto('/');
  await importFiles(page, productFile('one.csv', 100));
  await cardOf(page, 'one.csv').getByText('Writing products').first().waitFor();
  await importFiles(page, productFile('two.csv', 200));
  const waiting = cardOf(page, 'two.csv');
  await waiting.getByText('Waiting').waitFor();
  await waiting.getByText('Another import is merging').waitFor();
  await expectAccessible(page);
  await lock.release();
  await waiting.getByText('Completed').waitFor();
  assert.deepEqual(await ledgerOf(waiting), {
    Inserted: 100,
    Updated: 0,
    Unchanged: 100,
    Superseded: 0,
    Rejected: 0,
  });
});
