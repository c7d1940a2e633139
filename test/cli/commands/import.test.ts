// A user imports a file from the command line.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { workbookOf } from '../../support/files/workbook.ts';
import { releaseAfter } from '../../support/release.ts';
import { expectNoErrors, query } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../../support/server/server.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';
import { runCommand, startCommand } from '../support.ts';

const FILE = 'name,sku,description\r\nAnn,a-1,one\r\nBob,b-1,two\r\nCid,a-1,three\r\n,c-1,nameless\r\n';

test('it imports a file and shows the progress, the ledger and the rejected rows', async (t) => {
  const { url } = await startTestServer(t, ONE_LANE);
  const file = await fileOf(t, FILE);
  const { status, stdout, stderr } = await runCommand(t, 'import', [file, '--url', `${url}/graphql`]);
  assert.equal(status, 0, stderr);
  assert.match(stderr, /completed 100%, 4 rows/);
  assert.match(stdout, /of products\.csv: COMPLETED after /);
  assert.match(
    stdout,
    /read {8}4\ninserted {4}2\nupdated {5}0\nunchanged {3}0\nsuperseded {2}1\nrejected {4}1\n/,
  );
  assert.match(stdout, /Rejected rows \(1 of 1\):\n5 {2}name {2}BLANK_NAME {2}\S/);
  assert.match(
    stdout,
    /Rejected rows as CSV, to correct and import again: http\S+\.csv\n\nAll issues as CSV: http\S+\?kind=ALL\n/,
  );
});

test('the URL of the start page is accepted as the address of the server, and a file without rows is told as such', async (t) => {
  const { url } = await startTestServer(t, ONE_LANE);
  const file = await fileOf(t, 'name,sku,description\n');
  const { status, stdout, stderr } = await runCommand(t, 'import', [file, '--url', url]);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /\nNothing was changed\. The file has a header, but no rows\.\n/);
});

test('options are passed to the server, and the file can be read from standard input', async (t) => {
  const { url } = await startTestServer(t, ONE_LANE);
  const id = randomUUID();
  const options = ['--id', id, '--delimiter', ';', '--encoding', 'latin1', '--max-rejected', '7'];
  const command = startCommand(t, 'import', ['-', '--url', `${url}/graphql`, ...options]);
  command.process.stdin.end(Buffer.from('name;sku;description\nJos\u00e9;j-1;a\n', 'latin1'));
  const { status, stderr } = await command.finished;
  assert.equal(status, 0, stderr);
  const { product } = expectNoErrors(
    await query<{ product: object }>(url, '{ product(sku: "j-1") { name } }'),
  );
  assert.deepEqual(product, { name: 'José' });
  const ended = expectNoErrors(await query<{ import: object }>(url, `{ import(id: "${id}") { status } }`));
  assert.deepEqual(ended.import, { status: 'COMPLETED' });
});

test('a failed import is reported with its reason, without sending the rest of the file', async (t) => {
  const { url } = await startTestServer(t, ONE_LANE);
  const command = startCommand(t, 'import', ['-', '--url', `${url}/graphql`]);
  command.process.stdin.write('title,price\n'.repeat(100_000));
  const { status, stdout } = await command.finished;
  assert.equal(status, 1);
  assert.match(stdout, /FAILED after /);
  assert.match(stdout, /MISSING_COLUMN: /);
});

test('advice and warnings name the flags of the command, and following them works', async (t) => {
  const { url } = await startTestServer(t, ONE_LANE);
  const file = await fileOf(t, Buffer.from('name^sku^description\nJos\u00e9^ p-1^a\n', 'latin1'));
  const run = (...options: string[]) => runCommand(t, 'import', [file, '--url', url, ...options]);
  const first = await run();
  assert.match(first.stdout, /MISSING_COLUMN: .* Set the option --delimiter to "\^"\./);
  const second = await run('--delimiter', '^');
  assert.match(second.stdout, /INVALID_UTF8 .* set the option --encoding/);
  const third = await run('--delimiter', '^', '--encoding', 'latin1');
  assert.equal(third.status, 0, third.stdout);
  assert.match(third.stdout, /Warnings:\n2 {2}PADDED_SKU {2}\S/);
});

test('columns are mapped, blank fields get defaults, and advice about columns names the flags', async (t) => {
  const { url } = await startTestServer(t, ONE_LANE);
  const file = await fileOf(t, 'a=b,Title,item_name\nx-1,One,Eins\nx-2,,\n');
  const run = (...options: string[]) => runCommand(t, 'import', [file, '--url', url, ...options]);
  const first = await run('--map', 'A=B=sku', '--default', 'description=n=a');
  assert.match(first.stdout, /AMBIGUOUS_COLUMN: .* Set the option --map, such as "Title=name", or rename/);
  const options = ['--map', 'A=B=sku', '--map', 'item_name=NAME', '--default', 'description=n=a'];
  const second = await run(...options, '--default', 'name=nameless', '--keep-columns');
  assert.equal(second.status, 0, second.stderr);
  const document = '{ products { nodes { sku name description attributes } } }';
  const { products } = expectNoErrors(await query<{ products: object }>(url, document));
  assert.deepEqual(products, {
    nodes: [
      { sku: 'x-1', name: 'Eins', description: 'n=a', attributes: { Title: 'One' } },
      { sku: 'x-2', name: 'nameless', description: 'n=a', attributes: {} },
    ],
  });
});

test('a sheet of a workbook is named by a flag, as the advice says', async (t) => {
  const { url } = await startTestServer(t, ONE_LANE);
  const sheet = (name: string) => ({
    name,
    rows: [
      ['sku', 'name', 'description'],
      [name, 'A', 'x'],
    ],
  });
  const file = await fileOf(t, workbookOf({ sheets: [sheet('One'), sheet('Two')] }));
  const first = await runCommand(t, 'import', [file, '--url', url]);
  assert.match(first.stdout, /AMBIGUOUS_SHEET: .* Set the option --sheet to the name of one\./);
  const second = await runCommand(t, 'import', [file, '--url', url, '--sheet', 'Two']);
  assert.equal(second.status, 0, second.stdout);
});

test('a request that the server rejects is reported with the message of the server', async (t) => {
  const { url } = await startTestServer(t, ONE_LANE);
  const file = await fileOf(t, FILE);
  const args = [file, '--url', `${url}/graphql`, '--encoding', 'klingon'];
  const { status, stderr } = await runCommand(t, 'import', args);
  assert.equal(status, 1);
  assert.match(stderr, /`encoding` is not a known encoding/);
  assert.doesNotMatch(stderr, /\n {4}at /, 'no stack trace');
});

test('Ctrl-C cancels the import', async (t) => {
  const { url } = await startTestServer(t, ONE_LANE);
  const id = randomUUID();
  const status = async () => {
    const found = await query<{ import: { status: string } | null }>(
      url,
      `{ import(id: "${id}") { status } }`,
    );
    return expectNoErrors(found).import?.status;
  };
  const command = startCommand(t, 'import', ['-', '--url', `${url}/graphql`, '--id', id]);
  command.process.stdin.write(FILE);
  while ((await status()) !== 'RECEIVING') await pause(20);
  command.process.kill('SIGINT');
  const stopped = await command.finished;
  assert.equal(stopped.status, 130);
  assert.match(stopped.stderr, /Stopped\.\n$/);
  assert.equal(await status(), 'CANCELLED');
});

test('a preview shows what would change; it is committed or discarded without the file', async (t) => {
  const { url } = await startTestServer(t, ONE_LANE);
  const run = (...args: string[]) => runCommand(t, 'import', [...args, '--url', url]);
  const idOf = (stdout: string) => /--commit (\S+) --url http\S+\n/.exec(stdout)?.[1] ?? assert.fail(stdout);
  const first = await run(await fileOf(t, FILE), '--preview');
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stdout, /: READY after /);
  assert.match(
    first.stdout,
    /Nothing has been imported yet\. The import can be committed until 2\S+Z. The rows would be:\ninserted {4}2\n/,
  );
  assert.match(first.stdout, /largest changes first \(2 of 2\):\nBob {2}0 {2}→ {2}1\nCid {2}0 {2}→ {2}1\n/);
  assert.match(first.stdout, /Rejected rows \(1 of 1\)/);
  const committed = await run('--commit', idOf(first.stdout));
  assert.equal(committed.status, 0, committed.stderr);
  assert.match(committed.stdout, /COMPLETED after [\s\S]*\ninserted {4}2\n/);

  const second = await run(await fileOf(t, 'name,sku,description\nBob,b-1,"2,5"\n'), '--preview');
  assert.match(
    second.stdout,
    /Updated products, by line \(1 of 1\):\n2 {2}b-1 {2}description {2}"two" {2}→ {2}"2,5"\n/,
  );
  const discarded = await run('--discard', idOf(second.stdout));
  assert.match(discarded.stdout, /CANCELLED/);
  const late = await run('--commit', idOf(second.stdout));
  assert.deepEqual(
    [late.status, late.stderr],
    [1, 'The import was cancelled, and nothing was imported. Send the file again, with a new id.\n'],
  );
});

test('invalid arguments are reported', async (t) => {
  const folder = await createTemporaryFolder(t);
  const file = await fileOf(t, FILE);
  const calls: [string[], number, RegExp][] = [
    [[], 2, /Name one file/],
    [[file, file], 2, /Name one file/],
    [[file, '--commit', randomUUID()], 2, /Name one file/],
    [[file, '--max-rejected', 'all'], 2, /--max-rejected must be a whole number/],
    [[file, '--on-duplicate', 'both'], 2, /--on-duplicate must be last-wins, first-wins or reject/],
    [[file, '--map', 'sku'], 2, /--map must be a column and a field/],
    [[file, '--map', 'x=price'], 2, /--map must be a column and a field/],
    [[file, '--default', 'price=1'], 2, /--default must be a field and a value/],
    [[file, '--url', 'nowhere'], 2, /--url must be a URL/],
    [[file, '--url', 'localhost:4000'], 2, /--url must be a URL that begins with http:/],
    [[join(folder, 'missing.csv')], 1, /There is no file .*missing\.csv/],
    [[folder], 1, /is a folder/],
  ];
  for (const [args, status, message] of calls) {
    const finished = await runCommand(t, 'import', args);
    assert.match(finished.stderr, message);
    assert.equal(finished.status, status);
  }
});

test('it says so if no server answers, or if the server is not Loadstone', async (t) => {
  const file = await fileOf(t, FILE);
  const server = createServer((request, response) => {
    // Earlier, its answer could be lost with the connection.
    request.resume().once('end', () => response.writeHead(404).end('nothing here'));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  releaseAfter(t, () => server.listening && server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;

  const another = await runCommand(t, 'import', [file, '--url', url]);
  assert.equal(another.status, 1);
  assert.match(another.stderr, /responded with status 404, but not like a Loadstone server/);

  await new Promise((resolve) => server.close(resolve));
  const none = await runCommand(t, 'import', [file, '--url', url]);
  assert.equal(none.status, 1);
  assert.match(none.stderr, /No server is listening at .*npm start/);
});

async function fileOf(t: TestContext, content: string | Buffer): Promise<string> {
  const file = join(await createTemporaryFolder(t), 'products.csv');
  await writeFile(file, content);
  return file;
}
