// Files that unpack to more than the server takes end with their code, and leave nothing behind.

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { postFile } from '../../../src/cli/client/post-file.ts';
import { workbookOf } from '../../support/files/workbook.ts';
import { zipOf } from '../../support/files/zip.ts';
import { expectNothingLeft } from '../../support/imports/catalogue.ts';
import { expectNoErrors, importAndWait, query } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../../support/server/server.ts';

const HEADER = 'sku,name,description\n';
const CSV = Buffer.from(HEADER + Array.from({ length: 500 }, (_, n) => `s-${n},Same,\n`).join(''));
const ROW_BYTES = 2 * 2 ** 20;
const MEMBER_ROWS = 32;

const packed: Record<string, (content: Buffer) => Buffer> = {
  gzip: (content) => gzipSync(content),
  'gzip of several members': (content) =>
    Buffer.concat([gzipSync(content.subarray(0, 1000)), gzipSync(content.subarray(1000))]),
  zstd: (content) => zstdCompressSync(content),
  zip: (content) => zipOf({ name: 'a.csv', content }),
};

test('a compressed file may unpack to MAX_UNPACKED_BYTES, and not to a byte more', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, maxUnpackedBytes: CSV.length });
  for (const [format, pack] of Object.entries(packed)) {
    const whole = await importAndWait(server.url, pack(CSV));
    assert.deepEqual([whole.status, whole.rows.read], ['COMPLETED', 500], format);
    const more = await importAndWait(server.url, pack(Buffer.concat([CSV, Buffer.from('\n')])));
    assert.deepEqual([more.status, more.error?.code], ['FAILED', 'UNPACKED_TOO_LARGE'], format);
    assert.match(more.error?.message ?? '', /MAX_UNPACKED_BYTES/);
  }
  // The size of a plain file is known, and has a limit of its own.
  const plain = await importAndWait(server.url, Buffer.concat([CSV, CSV.subarray(HEADER.length)]));
  assert.equal(plain.status, 'COMPLETED');
  const rows = [
    ['sku', 'name', 'description'],
    ...Array.from({ length: 500 }, (_, n) => [`x-${n}`, 'N', '']),
  ];
  const workbook = await importAndWait(server.url, workbookOf({ sheets: [{ name: 'P', rows }] }));
  assert.equal(workbook.error?.code, 'UNPACKED_TOO_LARGE');
  // What a zip states about its content does not count.
  const lie = zipOf({ name: 'a.csv', content: CSV, sizes: [CSV.length, 100] });
  assert.equal((await importAndWait(server.url, lie)).error?.code, 'CORRUPT_ARCHIVE');
  const inspected = [packed['zip']?.(Buffer.concat([CSV, Buffer.from('\n')])), lie].map((file) =>
    inspectionError(server.url, file ?? assert.fail()),
  );
  assert.deepEqual(await Promise.all(inspected), ['UNPACKED_TOO_LARGE', 'CORRUPT_ARCHIVE']);
  await expectNothingLeft(server);
  const { products } = expectNoErrors(
    await query<{ products: object }>(server.url, '{ products { totalCount } }'),
  );
  assert.deepEqual(products, { totalCount: 500 });
});

test('a bomb ends by its ratio beyond 256 MiB', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, maxCompressionRatio: 500 });
  // 320 MiB, of a third of a MiB. Its rows are too long to be staged, which keeps the test short.
  const row = Buffer.from(`s,Name,${'x'.repeat(ROW_BYTES)}\n`);
  const member = gzipSync(Buffer.concat(Array.from({ length: MEMBER_ROWS }, () => row)));
  const bomb = Buffer.concat([gzipSync(HEADER), ...Array.from({ length: 5 }, () => member)]);
  assert.ok(bomb.length < 2 ** 19);
  const done = await importAndWait(server.url, bomb);
  assert.equal(done.error?.code, 'UNPACKED_TOO_LARGE');
  assert.match(done.error?.message ?? '', /500 times its size.*MAX_COMPRESSION_RATIO/);
  await expectNothingLeft(server);
  // A smaller one of the same ratio is only a file with long rows.
  const small = await importAndWait(server.url, Buffer.concat([gzipSync(HEADER), member]));
  assert.deepEqual([small.status, small.rows.rejected], ['COMPLETED', MEMBER_ROWS]);
});

async function inspectionError(url: string, file: Buffer): Promise<string | undefined> {
  const document = 'mutation ($file: Upload!) { inspectFile(file: $file) { format } }';
  const { body } = await postFile(
    `${url}/graphql`,
    { query: document, variables: { file: null } },
    'variables.file',
    {
      name: 'a',
      size: file.length,
      stream: Readable.from([file]),
    },
  );
  return (JSON.parse(body) as { errors?: { extensions: { code: string } }[] }).errors?.[0]?.extensions.code;
}
