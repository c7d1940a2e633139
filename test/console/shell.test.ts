// The shell of the console: navigation, colour schemes, script size, and accessibility of every page.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import {
  expectAccessible,
  expectAccessibleInAllColours,
  openPage,
  PHONE,
} from '../support/browser/browser.ts';
import { importAndWait } from '../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../support/server/server.ts';
import { waitUntil } from '../support/wait-until.ts';
import { overflowing } from './support.ts';

const FILE = [
  'name,sku,description',
  'Lamp,a,1',
  ',b,no name',
  `Lamp,,${'unbroken'.repeat(80)}`,
  'Chair,c,first',
  'Chair,c,last',
  '',
].join('\n');

const MAX_SCRIPT_BYTES = 300_000;

test('loads less than 300 KB of compressed scripts with the first page', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const page = await openPage(t, server);
  let bytes = 0;
  const sizes: Promise<void>[] = [];
  page.on('requestfinished', (request) => {
    if (request.resourceType() !== 'script') return;
    sizes.push(
      request.sizes().then(({ responseBodySize }) => {
        bytes += responseBodySize;
      }),
    );
  });
  await page.goto('/', { waitUntil: 'networkidle' });
  await page.getByRole('heading', { name: 'Import', level: 1 }).waitFor();
  await Promise.all(sizes);
  assert.ok(bytes > 0 && bytes < MAX_SCRIPT_BYTES, `${bytes} bytes of script`);
});

test('navigates to every page and back, and moves the focus', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const page = await openPage(t, server, { expected: [/404 .*no\/such\/page/] });
  await page.goto('/');
  for (const [name, heading = name] of [
    ['History', 'Import history'],
    ['Sources'],
    ['Products'],
    ['Names'],
    ['Import'],
  ] as const) {
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true }).click();
    await page.locator('h1:focus').filter({ hasText: heading }).waitFor();
    assert.equal(await page.title(), `${heading} · Loadstone`);
  }
  await page.goBack();
  await page.getByRole('heading', { name: 'Names', level: 1, exact: true }).waitFor();
  await page.goto('/no/such/page');
  await page.getByRole('heading', { name: 'There is no page at “/no/such/page”' }).waitFor();
  await expectAccessible(page);
});

test('opens GraphiQL and the docs of the API with one click; GraphiQL has examples and leads back', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const page = await openPage(t, server);
  for (const [name, isOpen] of [
    ['API docs', true],
    ['GraphiQL', false],
  ] as const) {
    await page.goto('/');
    await page.getByRole('link', { name }).click();
    await page.getByRole('button', { name: `${isOpen ? 'Hide' : 'Show'} Documentation Explorer` }).waitFor();
    // Also at the second visit.
    assert.deepEqual(await page.getByRole('tab').allInnerTexts(), [
      'ImportByCurl',
      'Progress',
      'Update',
      'Counts',
    ]);
  }
  // Its content security policy allows those of its editor, and `openPage` fails on a violation.
  await waitUntil('its workers run', () => page.workers().length > 0);
  await page.getByRole('tab', { name: 'Counts' }).click();
  const answer = page.locator('.graphiql-response');
  await waitUntil('the counts are shown', async () => {
    // GraphiQL learns the operation of a tab a moment after it is shown.
    await page.getByRole('button', { name: 'Execute query' }).click();
    await pause(1000);
    return (await answer.textContent())?.includes('"productCountTotals"') ?? false;
  });
  await page.setViewportSize({ width: 390, height: 740 });
  for (const part of ['.graphiql-editors', '.graphiql-response', '.graphiql-logo a']) {
    const { x = -1, width = 0 } = (await page.locator(part).boundingBox()) ?? {};
    assert.ok(x >= 0 && width > 50 && x + width <= 390, `${part} does not fit`);
  }
  await page.getByRole('link', { name: 'Console' }).click();
  await page.getByRole('heading', { name: 'Import', level: 1 }).waitFor();
});

test('applies the chosen colour scheme from the first paint', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const page = await openPage(t, server, { colorScheme: 'light' });
  await page.goto('/');
  const scheme = () => page.locator('html').getAttribute('data-mantine-color-scheme');
  assert.equal(await scheme(), 'light');
  await page.getByRole('radiogroup', { name: 'Colours' }).getByText('Dark').click({ force: true });
  await page.locator('html[data-mantine-color-scheme=dark]').waitFor();
  // With the scripts of the page blocked.
  await page.route('**/assets/*.js', (route) => route.fulfill({ contentType: 'text/javascript', body: '' }));
  await page.reload();
  assert.equal(await scheme(), 'dark');
});

for (const [device, viewport] of [
  ['a desktop', { width: 1280, height: 800 }],
  ['a phone', { width: 360, height: 740 }],
] as const) {
  test(`is accessible on ${device} in light and dark colours`, async (t) => {
    const server = await startTestServer(t, ONE_LANE);
    const { id } = await importAndWait(server.url, FILE, {
      fileName: 'a-file-with-quite-a-long-name-2026.csv',
    });
    await importAndWait(server.url, 'nothing', { fileName: 'broken.csv' });
    const phone = device === 'a phone' ? PHONE : {};
    const page = await openPage(t, server, { ...phone, viewport });
    const seen: Record<string, string> = {
      '/': 'import the sample',
      '/imports': 'broken.csv',
      [`/imports/${id}`]: 'a-file-with-quite',
    };
    for (const [path, text] of Object.entries(seen)) {
      await page.goto(path);
      await page.getByText(text).first().waitFor();
      if (path.endsWith(id)) await page.getByRole('row').nth(3).waitFor();
      await expectAccessibleInAllColours(page);
      assert.deepEqual(await overflowing(page), [], `wider than ${device}: ${path}`);
    }
  });
}

test('every page fits every width from a phone to a large screen', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { id } = await importAndWait(server.url, FILE, {
    fileName: 'a-file-with-quite-a-long-name-2026.csv',
  });
  const page = await openPage(t, server);
  const seen: Record<string, string> = {
    '/': 'import the sample',
    '/imports': 'a-file-with-quite',
    [`/imports/${id}`]: 'a-file-with-quite',
    '/sources': 'Add a source',
    '/products': 'Chair',
    '/products/edit?sku=a': 'Edit a product',
    '/names': 'Chair',
  };
  for (const [path, text] of Object.entries(seen)) {
    await page.goto(path);
    await page.getByText(text).first().waitFor();
    for (const width of [390, 768, 1280, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      // Charts follow the width a moment later.
      await waitUntil(`${path} fits ${width} px`, async () => (await overflowing(page)).length === 0);
    }
  }
});
