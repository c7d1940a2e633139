// Responses with a Content-Encoding, and responses that only claim to have one.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { decode } from '../../../../src/sources/fetch/content/content-coding.ts';
import { CSV, createFetcher, startOrigin } from '../support.ts';

const URL_OF_ALL = new URL('http://shop.example/products.csv');
const PACKERS = { gzip: gzipSync, br: brotliCompressSync, zstd: zstdCompressSync, deflate: deflateSync };

/** Answers a request for `/<index>` with the body of that case, under its coding. */
async function startCoded(
  t: TestContext,
  cases: readonly (readonly [coding: string, body: Buffer, ...unknown[]])[],
): Promise<string> {
  const { url } = await startOrigin(t, ({ url: path = '' }, response) => {
    const [coding = '', body] = cases[Number(path.slice(1))] ?? [];
    response.setHeader('content-encoding', coding);
    response.end(body);
  });
  return url;
}

test('the content coding is removed, and a file that is compressed itself stays compressed', async (t) => {
  const packed = gzipSync(CSV);
  const cases: [string, Buffer, Buffer][] = [
    ['gzip', packed, CSV],
    ['x-gzip', packed, CSV],
    ['GZIP', Buffer.concat([packed, packed]), Buffer.concat([CSV, CSV])],
    ['br', brotliCompressSync(CSV), CSV],
    ['zstd', zstdCompressSync(CSV), CSV],
    ['zstd', Buffer.concat([zstdCompressSync(CSV), zstdCompressSync(CSV)]), Buffer.concat([CSV, CSV])],
    ['deflate', deflateSync(CSV), CSV],
    ['deflate', deflateRawSync(CSV), CSV],
    ['gzip, br', brotliCompressSync(packed), CSV],
    ['identity', packed, packed],
    ['', packed, packed],
    ['gzip', gzipSync(packed), packed],
    ['gzip', Buffer.alloc(0), Buffer.alloc(0)],
    ['br', brotliCompressSync(''), Buffer.alloc(0)],
    ['aws-chunked,gzip', packed, CSV],
    ['gzip, aws-chunked', packed, CSV],
    // Declared twice but applied once, or declared because the file itself is compressed.
    ['gzip, gzip', packed, CSV],
    ['gzip', Buffer.concat([packed, Buffer.from('\n')]), CSV],
    ['gzip', zstdCompressSync(CSV), zstdCompressSync(CSV)],
  ];
  // Servers send all of these with plain bytes.
  for (const coding of [
    'utf-8',
    'aws-chunked',
    'none',
    'binary',
    '8bit',
    'UTF-8, None',
    ', ,',
    'compress',
    '"',
    'GZip',
  ]) {
    cases.push([coding, CSV, CSV]);
  }
  for (const plain of [
    CSV,
    Buffer.from(`${CSV.subarray(0, 60)}\u00e9`),
    Buffer.from('name;sku;description\n'),
  ]) {
    for (const coding of Object.keys(PACKERS)) cases.push([coding, plain, plain]);
  }
  const url = await startCoded(t, cases);
  const fetcher = await createFetcher(t);
  await Promise.all(
    cases.map(async ([coding, , content], index) => {
      const fetched = await fetcher.read(`${url}/${index}`);
      assert.ok(fetched?.content.equals(content), coding);
    }),
  );
});

test('a damaged or truncated content coding is an error', async (t) => {
  const cases: [coding: string, body: Buffer, message: RegExp, what: string][] = [
    ['gzip, gzip, gzip, gzip', CSV, /compressed 4 times/, 'too often'],
  ];
  for (const [coding, pack] of Object.entries(PACKERS)) {
    const packed = pack(CSV);
    const bodies = {
      truncated: packed.subarray(0, -3),
      'cut to its beginning': packed.subarray(0, 3),
      'with a part behind it that is cut off': Buffer.concat([packed, packed.subarray(0, 20)]),
    };
    for (const [what, body] of Object.entries(bodies)) cases.push([coding, body, /damaged/, what]);
  }
  const url = await startCoded(t, cases);
  const fetcher = await createFetcher(t);
  await Promise.all(
    cases.map(([coding, , message, what], index) =>
      assert.rejects(
        fetcher.read(`${url}/${index}`),
        { code: 'SOURCE_NOT_DATA', message },
        `${coding} ${what}`,
      ),
    ),
  );
});

test('the size limit applies to the decoded file', async (t) => {
  const bomb = gzipSync(gzipSync(Buffer.alloc(50_000_000)));
  const { url } = await startOrigin(t, (_, response) => {
    response.setHeader('content-encoding', 'gzip, gzip');
    response.end(bomb);
  });
  const fetcher = await createFetcher(t, { maxBytes: 1_000_000 });
  await assert.rejects(fetcher.read(url), { code: 'FILE_TOO_LARGE' });
});

test('any chunks yield the same content or the same error', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 1, maxLength: 3000 }),
      fc.constantFrom(...(Object.keys(PACKERS) as (keyof typeof PACKERS)[])),
      fc.integer({ min: 1, max: 50 }),
      fc.constantFrom('whole', 'truncated', 'damaged'),
      async (content, coding, step, state) => {
        const packed = PACKERS[coding](content);
        const body = state === 'truncated' ? packed.subarray(0, -1) : packed;
        if (state === 'damaged') body.fill(0xff, Math.floor(body.length / 2));
        const [atOnce, inPieces] = [await unpack([body], coding), await unpack(pieces(body, step), coding)];
        assert.deepEqual(inPieces, atOnce);
        if (state === 'whole') assert.deepEqual(atOnce, Buffer.from(content));
        if (state === 'truncated') assert.equal(atOnce, 'SOURCE_NOT_DATA');
      },
    ),
  );
});

async function unpack(chunks: Buffer[], coding: keyof typeof PACKERS): Promise<Buffer | string> {
  const parts: Buffer[] = [];
  try {
    const source = (async function* () {
      yield* chunks;
    })();
    for await (const part of decode(source, [coding], URL_OF_ALL)) parts.push(part);
    return Buffer.concat(parts);
  } catch (error) {
    return String((error as { code?: string }).code);
  }
}

function pieces(body: Buffer, step: number): Buffer[] {
  const count = Math.ceil(body.length / step);
  return Array.from({ length: count }, (_, index) => body.subarray(index * step, (index + 1) * step));
}
