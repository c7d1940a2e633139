// Downloads that are interrupted and resumed, have the wrong length, or mix two versions of a file.

import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { CSV, createFetcher, startOrigin, startRaw } from '../support.ts';

const HALF = CSV.length / 2;

/** Serves CSV with range support, and cuts the response in the middle unless the rest is requested. */
function breakingServer(
  answerPart: (request: IncomingMessage, response: ServerResponse, start: number) => void,
) {
  return (request: IncomingMessage, response: ServerResponse) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (start > 0) return answerPart(request, response, start);
    response.writeHead(200, { etag: '"one"', 'accept-ranges': 'bytes', 'content-length': CSV.length });
    response.write(CSV.subarray(0, HALF), () => setTimeout(() => response.destroy(), 20));
  };
}

function sendPart(response: ServerResponse, start: number, headers: Record<string, string> = {}): void {
  response.writeHead(206, {
    etag: '"one"',
    'content-length': CSV.length - start,
    'content-range': `bytes ${start}-${CSV.length - 1}/${CSV.length}`,
    ...headers,
  });
  response.end(CSV.subarray(start));
}

test('an interrupted download is resumed', async (t) => {
  const { url, requests } = await startOrigin(
    t,
    breakingServer((_, response, start) => sendPart(response, start)),
  );
  const fetcher = await createFetcher(t);
  assert.deepEqual((await fetcher.read(url, { headers: { 'x-key': 'k' } }))?.content, CSV);
  const [, second] = requests;
  assert.match(second?.headers.range ?? '', /^bytes=[1-9]\d*-$/);
  assert.equal(second?.headers['if-range'], '"one"');
  assert.equal(second?.headers['x-key'], 'k');
});

test('an interrupted download is resumed after a redirect and a temporary failure', async (t) => {
  let troubles = 2;
  const files = await startOrigin(
    t,
    breakingServer((_, response, start) => {
      if (troubles-- > 0) response.writeHead(503).end();
      else sendPart(response, start);
    }),
  );
  const door = await startOrigin(t, (_, response) => response.writeHead(302, { location: files.url }).end());
  const fetcher = await createFetcher(t);
  assert.deepEqual((await fetcher.read(door.url))?.content, CSV);
  assert.equal(door.requests.length, 4);
});

test('if the server sends the whole file again, the known part is skipped', async (t) => {
  const { url } = await startOrigin(
    t,
    breakingServer((_, response) => {
      response.writeHead(200, { etag: '"one"', 'content-length': CSV.length }).end(CSV);
    }),
  );
  // Even without Accept-Ranges in the second response: the entity tag proves that the file is the same.
  assert.deepEqual((await (await createFetcher(t)).read(url))?.content, CSV);
});

test('a compressed response is resumed in its compressed form', async (t) => {
  const packed = gzipSync(CSV, { level: 0 });
  const { url } = await startOrigin(t, (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.setHeader('etag', '"packed"');
    response.setHeader('content-encoding', 'gzip');
    if (start > 0) {
      const range = `bytes ${start}-${packed.length - 1}/${packed.length}`;
      response.writeHead(206, { 'content-range': range }).end(packed.subarray(start));
    } else {
      response.writeHead(200, { 'accept-ranges': 'bytes', 'content-length': packed.length });
      response.write(packed.subarray(0, HALF), () => setTimeout(() => response.destroy(), 20));
    }
  });
  assert.deepEqual((await (await createFetcher(t)).read(url))?.content, CSV);
});

test('parts of different versions of a file are not combined', async (t) => {
  const answers = [
    (response: ServerResponse) =>
      response.writeHead(200, { etag: '"two"', 'accept-ranges': 'bytes' }).end(CSV),
    (response: ServerResponse, start: number) => sendPart(response, start, { etag: '"two"' }),
    (response: ServerResponse, start: number) => sendPart(response, start, { etag: 'W/"one"' }),
    (response: ServerResponse, start: number) => sendPart(response, start, { 'content-encoding': 'gzip' }),
  ];
  for (const answer of answers) {
    const { url, requests } = await startOrigin(
      t,
      breakingServer((_, response, start) => answer(response, start)),
    );
    const fetcher = await createFetcher(t);
    await assert.rejects(fetcher.read(url), {
      code: 'SOURCE_INTERRUPTED',
      message: /changed while it was read/,
    });
    assert.equal(requests.length, 2);
  }
});

test('a range other than the requested one is rejected', async (t) => {
  const ranges = [
    (start: number) => `bytes ${start - 1}-${CSV.length - 1}/${CSV.length}`,
    (start: number) => `bytes ${start}-${CSV.length - 2}/${CSV.length}`,
    (start: number) => `bytes ${start}-${CSV.length - 1}/${CSV.length + 1}`,
    (start: number) => `bytes ${start}-${CSV.length - 1}/*`,
    (start: number) => `lines ${start}-${CSV.length - 1}/${CSV.length}`,
    () => '',
  ];
  for (const range of ranges) {
    const { url } = await startOrigin(
      t,
      breakingServer((_, response, start) => sendPart(response, start, { 'content-range': range(start) })),
    );
    const fetcher = await createFetcher(t);
    await assert.rejects(fetcher.read(url), { code: 'SOURCE_INTERRUPTED', message: /another part/ });
  }
});

test('a range shorter than announced does not end the download', async (t) => {
  const { url } = await startOrigin(
    t,
    breakingServer((_, response, start) => {
      response.writeHead(206, {
        etag: '"one"',
        'content-range': `bytes ${start}-${CSV.length - 1}/${CSV.length}`,
        'transfer-encoding': 'chunked',
      });
      response.end(CSV.subarray(start, CSV.length - 10));
    }),
  );
  const fetcher = await createFetcher(t);
  await assert.rejects(fetcher.read(url), { code: 'SOURCE_INTERRUPTED', message: /Content-Length/ });
});

test('a download that keeps being interrupted fails after some attempts', async (t) => {
  const { url, requests } = await startOrigin(
    t,
    breakingServer((_, response) => response.destroy()),
  );
  const fetcher = await createFetcher(t);
  await assert.rejects(fetcher.read(url), { code: 'SOURCE_INTERRUPTED', message: /broke before/ });
  assert.equal(requests.length, 6);
});

test('an interrupted download fails without range support or a strong validator', async (t) => {
  const heads: Record<string, string>[] = [
    { etag: '"one"' },
    { etag: 'W/"one"', 'accept-ranges': 'bytes' },
    { 'accept-ranges': 'bytes' },
    { 'last-modified': new Date().toUTCString(), 'accept-ranges': 'bytes' },
    { etag: '"one"', 'accept-ranges': 'none' },
  ];
  for (const head of heads) {
    for (const length of [{ 'content-length': CSV.length }, {}]) {
      const { url, requests } = await startOrigin(t, (_, response) => {
        response.writeHead(200, { ...head, ...length });
        response.write(CSV.subarray(0, HALF), () => setTimeout(() => response.destroy(), 20));
      });
      const fetcher = await createFetcher(t);
      await assert.rejects(fetcher.read(url), { code: 'SOURCE_INTERRUPTED', message: /broke before/ });
      assert.equal(requests.length, 1);
    }
  }
});

test('a download can be resumed with an old Last-Modified date as with an entity tag', async (t) => {
  const lastModified = new Date(Date.now() - 3_600_000).toUTCString();
  const { url, requests } = await startOrigin(t, (request, response) => {
    response.setHeader('last-modified', lastModified);
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (start > 0) {
      const range = `bytes ${start}-${CSV.length - 1}/${CSV.length}`;
      response.writeHead(206, { 'content-range': range }).end(CSV.subarray(start));
    } else {
      response.writeHead(200, { 'accept-ranges': 'bytes' });
      response.write(CSV.subarray(0, HALF), () => setTimeout(() => response.destroy(), 20));
    }
  });
  assert.deepEqual((await (await createFetcher(t)).read(url))?.content, CSV);
  assert.equal(requests[1]?.headers['if-range'], lastModified);
});

test('a response with more or fewer bytes than announced is rejected', async (t) => {
  const body = 'name,sku,description\r\nAnn,a-1,one\r\n';
  const answers: [string, string][] = [
    ['more', `Content-Length: ${body.length - 5}\r\n\r\n${body}`],
    ['fewer', `Content-Length: ${body.length + 5}\r\n\r\n${body}`],
    ['two lengths', `Content-Length: ${body.length}\r\nContent-Length: 7\r\n\r\n${body}`],
    ['a length and chunks', `Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`],
    ['half a chunk', `Transfer-Encoding: chunked\r\n\r\n${(body.length + 9).toString(16)}\r\n${body}`],
    ['no last chunk', `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n`],
    ['no chunks', `Transfer-Encoding: chunked\r\n\r\n${body}`],
  ];
  for (const [what, answer] of answers) {
    const url = await startRaw(t, (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${answer}`);
      if (what !== 'more') socket.end();
    });
    const fetcher = await createFetcher(t);
    await assert.rejects(fetcher.read(url), { code: 'SOURCE_INTERRUPTED' }, what);
  }
});

test('a response that ends with its connection is complete', async (t) => {
  const url = await startRaw(t, (socket) => socket.end(`HTTP/1.0 200 OK\r\n\r\n${CSV}`));
  assert.deepEqual((await (await createFetcher(t)).read(url))?.content, CSV);
});
