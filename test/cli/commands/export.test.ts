// A user exports the catalogue from the command line.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { releaseAfter } from '../../support/release.ts';
import { importAndWait } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../../support/server/server.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';
import { runCommand, startCommand } from '../support.ts';

test('an export is written to a file, and is whole or not there', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const folder = await createTemporaryFolder(t);
  const file = (name: string) => join(folder, name);
  const { id } = await importAndWait(
    server.url,
    'sku,name,description,Color\na-1,Ann,"two\nlines",red\na-2,Ann,,blue\nb-1,Bob,"say ""hi""",\n',
    { keepColumns: true },
  );
  const run = (...args: string[]) => runCommand(t, 'export', [...args, '--url', server.url]);

  await t.test('products, plain and compressed', async () => {
    const done = await run('--out', file('all.csv'));
    assert.equal(done.status, 0, done.stderr);
    assert.match(done.stdout, /^Exported 3 products to .*all\.csv: 0 MB of CSV in /);
    assert.match(done.stderr, /Exporting \d+%, 3 rows/);
    const text = await readFile(file('all.csv'), 'utf8');
    assert.match(text, /^sku,name,description,Color\n/);
    const again = await importAndWait(server.url, text, { keepColumns: true });
    assert.equal(again.rows.unchanged, 3);
    await run('--out', file('all.csv.gz'), '--bom');
    assert.equal(gunzipSync(await readFile(file('all.csv.gz'))).toString(), `\ufeff${text}`);
  });

  await t.test('a part of them to standard output', async () => {
    const filtered = await run(
      '--out',
      '-',
      '--sku-prefix',
      'a-',
      '--attribute',
      'Color=blue',
      '--no-attributes',
    );
    assert.equal(filtered.stdout, 'sku,name,description\n"a-2",Ann,\n');
    const byJson = await run('--out', '-', '--filter', '{"name":"Bob"}', '--column', 'Color');
    assert.equal(byJson.stdout, 'sku,name,description,Color\n"b-1",Bob,"say ""hi""",\n');
  });

  await t.test('names, changes and a template', async () => {
    assert.equal(
      (await run('--out', '-', '--names', '--min-products', '2')).stdout,
      'name,product_count\nAnn,2\n',
    );
    assert.match((await run('--out', '-', '--changes', id)).stdout, /^sku,change,.*\na-1,INSERTED,/);
    assert.match((await run('--out', '-', '--template')).stdout, /^\ufeffsku,name,description\r\nEXAMPLE-1/);
  });

  await t.test('wrong arguments are told apart from what went wrong', async () => {
    assert.equal((await run('--out', 'x', '--names', '--template')).status, 2);
    assert.equal((await run('--out', '-', '--filter', '{')).status, 2);
    const unknown = await run('--out', file('no.csv'), '--filter', '{"colour":1}');
    assert.equal(unknown.status, 1);
    assert.match(unknown.stderr, /colour/);
    const folderMissing = await run('--out', file('no/no.csv'));
    assert.equal(folderMissing.status, 1);
    assert.match(folderMissing.stderr, /no\.csv cannot be written \(ENOENT\)/);
  });

  await t.test('a download that is cut, or stopped, leaves the file as it was', async () => {
    const host = createServer((request, response) => {
      if (request.method === 'POST') {
        const exportUrl = `http://${request.headers.host}/products.csv`;
        return void response.end(JSON.stringify({ data: { products: { totalCount: 9, exportUrl } } }));
      }
      response.write('sku,name,description\n"a",b,c\n');
      if (request.headers.host?.startsWith('127')) setTimeout(() => response.destroy(), 50);
    }).listen(0, '127.0.0.1');
    releaseAfter(t, () => {
      host.closeAllConnections();
      host.close();
    });
    await once(host, 'listening');
    const { port } = host.address() as { port: number };
    await writeFile(file('kept.csv'), 'before');
    const cut = await runCommand(t, 'export', [
      '--out',
      file('kept.csv'),
      '--url',
      `http://127.0.0.1:${port}`,
    ]);
    assert.equal(cut.status, 1);
    assert.match(cut.stderr, /broke off .*No file was written/);
    const stopped = startCommand(t, 'export', [
      '--out',
      file('kept.csv'),
      '--url',
      `http://localhost:${port}`,
    ]);
    stopped.process.stderr.once('data', () => stopped.process.kill('SIGINT'));
    assert.equal((await stopped.finished).status, 130);
    assert.equal(await readFile(file('kept.csv'), 'utf8'), 'before');
    assert.deepEqual((await readdir(folder)).toSorted(), ['all.csv', 'all.csv.gz', 'kept.csv']);
  });
});
