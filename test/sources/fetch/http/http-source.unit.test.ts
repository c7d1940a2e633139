// Files fetched from servers that conform to HTTP, and from some that do not.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readlink } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { SourceError } from '../../../../src/sources/fetch/source-error.ts';
import { waitUntil } from '../../../support/wait-until.ts';
import { CSV, createFetcher, startOrigin, startRaw } from '../support.ts';

const OTHER = Buffer.from('name,sku,description\r\nBob,b-1,x\r\n');

test('changes are detected by the entity tag', async (t) => {
  let content = CSV;
  let etag = '"one"';
  const { url, requests } = await startOrigin(t, (request, response) => {
    response.setHeader('etag', etag);
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.end(content);
  });
  const fetcher = await createFetcher(t);
  const first = await fetcher.read(`${url}/products.csv`);
  assert.deepEqual(first, { content: CSV, validators: { etag }, fileName: 'products.csv' });
  const { validators } = first ?? assert.fail();
  assert.deepEqual(await fetcher.fetch(url, { validators }), { changed: false });
  content = OTHER;
  etag = 'W/"two"';
  assert.deepEqual(await fetcher.read(url, { validators }), {
    content: OTHER,
    validators: { etag },
    fileName: '127.0.0.1',
  });
  assert.deepEqual(await fetcher.fetch(url, { validators: { etag } }), { changed: false });
  assert.deepEqual((await fetcher.read(url, { validators: { etag }, mustFetch: true }))?.content, OTHER);
  assert.deepEqual(
    requests.map(({ headers }) => headers['if-none-match']),
    [undefined, '"one"', '"one"', 'W/"two"', undefined],
  );
});

test('changes are detected by the Last-Modified date if the file is old enough', async (t) => {
  let lastModified = new Date(Date.now() - 10_000);
  const { url } = await startOrigin(t, (request, response) => {
    response.setHeader('last-modified', lastModified.toUTCString());
    if (request.headers['if-modified-since'] === lastModified.toUTCString()) response.writeHead(304).end();
    else response.end(CSV);
  });
  const fetcher = await createFetcher(t);
  const fresh = await fetcher.read(url);
  assert.deepEqual(
    Object.keys(fresh?.validators ?? {}),
    ['sha256'],
    'it could change again in the same second',
  );
  lastModified = new Date(Date.now() - 3_600_000);
  const validators = { lastModified: lastModified.toUTCString() };
  const same = await fetcher.fetch(url, { validators: fresh?.validators });
  assert.deepEqual(same, { changed: false, validators }, 'now the date does');
  assert.deepEqual(await fetcher.fetch(url, { validators }), { changed: false });
  lastModified = new Date(Date.now() - 1_800_000);
  assert.ok(await fetcher.read(url, { validators }));
});

test('without validators, changes are detected by the content', async (t) => {
  let content = CSV;
  const { url } = await startOrigin(t, (_, response) => response.end(content));
  const fetcher = await createFetcher(t);
  const validators = (await fetcher.read(url))?.validators;
  assert.deepEqual(await fetcher.fetch(url, { validators }), { changed: false, validators });
  content = OTHER;
  const changed = await fetcher.read(url, { validators });
  assert.deepEqual(changed?.content, OTHER);
  assert.notDeepEqual(changed.validators, validators);
  assert.deepEqual(
    (await fetcher.read(url, { validators: changed.validators, mustFetch: true }))?.content,
    OTHER,
  );
});

test('buffered content is an unlinked file that disappears with its reader', async (t) => {
  const { url } = await startOrigin(t, (_, response) => response.end(CSV));
  const fetcher = await createFetcher(t);
  const fetched = await fetcher.fetch(url, { validators: { sha256: 'another' } });
  assert.ok(fetched.changed);
  assert.deepEqual(await readdir(fetcher.tempDir), []);
  assert.equal(fetched.sizeHint, CSV.length);
  fetched.stream.destroy();
  await waitUntil(
    'its file is closed',
    async () => !(await openFiles()).some((path) => path.startsWith(fetcher.tempDir)),
  );
});

test('a full response with the same entity tag or date counts as unchanged', async (t) => {
  const old = new Date(Date.now() - 3_600_000).toUTCString();
  const { url } = await startOrigin(t, (request, response) => {
    response.setHeader(
      request.url === '/tag' ? 'etag' : 'last-modified',
      request.url === '/tag' ? '"x"' : old,
    );
    response.end(CSV);
  });
  const fetcher = await createFetcher(t);
  assert.deepEqual(await fetcher.fetch(`${url}/tag`, { validators: { etag: '"x"' } }), { changed: false });
  assert.deepEqual(await fetcher.fetch(`${url}/date`, { validators: { lastModified: old } }), {
    changed: false,
  });
});

test('an entity tag is sent back byte for byte in any charset', async (t) => {
  let tag = '';
  const { url, requests } = await startOrigin(t, ({ headers }, response) => {
    response.setHeader('etag', tag);
    if (headers['if-none-match'] === tag) response.writeHead(304).end();
    else response.end(CSV);
  });
  const fetcher = await createFetcher(t);
  for (const text of ['"größe-7"', '"\u20ac"']) {
    for (const bytes of [Buffer.from(text), Buffer.from(text.replace('\u20ac', '\u00e9'), 'latin1')]) {
      tag = bytes.toString('latin1');
      const first = await fetcher.read(url);
      assert.deepEqual(await fetcher.fetch(url, { validators: first?.validators }), { changed: false });
      assert.equal(requests.at(-1)?.headers['if-none-match'], tag);
    }
  }
});

test('an entity tag or date that cannot be sent back is ignored', async (t) => {
  const values = [`"${'x'.repeat(2000)}"`, `"${'\u00e9'.repeat(1001)}"`];
  let value = '';
  const { url, requests } = await startOrigin(t, (_, response) => {
    response.setHeader('etag', value);
    response.setHeader('last-modified', value);
    response.end(CSV);
  });
  const fetcher = await createFetcher(t);
  for (value of values) {
    const first = await fetcher.read(url);
    assert.deepEqual(Object.keys(first?.validators ?? {}), ['sha256']);
    assert.equal((await fetcher.fetch(url, { validators: first?.validators })).changed, false);
  }
  assert.ok(requests.every(({ headers }) => !headers['if-none-match'] && !headers['if-modified-since']));
});

test('a differently encoded representation of the same content counts as unchanged', async (t) => {
  const { url, requests } = await startOrigin(t, ({ url: path = '', headers }, response) => {
    const suffix = String(headers['accept-encoding']).includes('gzip')
      ? decodeURIComponent(path.slice(1))
      : '';
    const etag = `"one${suffix}"`;
    response.setHeader('etag', etag);
    if (headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.end(CSV);
  });
  const fetcher = await createFetcher(t);
  const check = async (suffix: string) => {
    const path = `/${encodeURIComponent(suffix)}`;
    const address = url + path;
    const first = await fetcher.read(address, { mustFetch: true });
    assert.deepEqual(first?.validators, { etag: '"one"' });
    const second = await fetcher.fetch(address, { validators: first.validators });
    assert.deepEqual(second, { changed: false, validators: { etag: `"one${suffix}"` } });
    assert.deepEqual(await fetcher.fetch(address, { validators: second.validators }), { changed: false });
    const last = requests.findLast((request) => request.path === path);
    assert.equal(last?.headers['if-none-match'], `"one${suffix}"`);
    assert.ok(await fetcher.read(address, { validators: { etag: '"on"' } }));
  };
  await Promise.all(['-gzip', '--gzip', ';gzip', '-br'].map(check));
});

test('after a failure the file is requested without compression, so that ranges work', async (t) => {
  const { url, requests } = await startOrigin(t, (_, response) => response.end(CSV));
  const fetcher = await createFetcher(t);
  await fetcher.read(url);
  await fetcher.read(url, { mustFetch: true });
  assert.deepEqual(
    requests.map(({ headers }) => headers['accept-encoding']),
    ['gzip, deflate, br, zstd', 'identity'],
  );
});

test('fetches in progress fail with SHUTTING_DOWN when the server shuts down', async (t) => {
  const { url } = await startOrigin(t, ({ url: path }, response) => {
    if (path === '/during') response.write(CSV);
  });
  const fetcher = await createFetcher(t);
  const during = await fetcher.fetch(`${url}/during`);
  assert.ok(during.changed);
  const failures = [buffer(during.stream)];
  for (let question = 0; question < 6; question++)
    failures.push(fetcher.fetch(url).then(() => Buffer.alloc(0)));
  const failed = Promise.all(failures.map((failure) => assert.rejects(failure, { code: 'SHUTTING_DOWN' })));
  await fetcher.close();
  await failed;
});

test('304 in response to an unconditional request is an error', async (t) => {
  const { url } = await startOrigin(t, (_, response) => response.writeHead(304).end());
  const fetcher = await createFetcher(t);
  for (const target of [
    {},
    { validators: { sha256: 'x' } },
    { validators: { etag: '"x"' }, mustFetch: true },
  ])
    await assert.rejects(fetcher.fetch(url, target), { code: 'SOURCE_STATUS', message: /answered 304/ });
});

test('redirects are followed without sending headers to another origin', async (t) => {
  const last = await startOrigin(t, (_, response) => response.end(CSV));
  const first = await startOrigin(t, ({ url }, response) => {
    if (url === '/a') response.writeHead(301, { location: '/b?x=1' }).end('moved');
    else
      response
        .writeHead(307, { location: `${last.url.replace('//', '//user:password@')}/products.csv#top` })
        .end();
  });
  const fetcher = await createFetcher(t);
  const headers = { authorization: 'Bearer secret', 'x-key': 'secret' };
  const fetched = await fetcher.read(`${first.url}/a`, { headers });
  assert.deepEqual(fetched?.content, CSV);
  assert.equal(fetched.fileName, 'products.csv');
  assert.deepEqual(
    first.requests.map(({ path, headers: sent }) => [path, sent['authorization'], sent['x-key']]),
    [
      ['/a', 'Bearer secret', 'secret'],
      ['/b?x=1', 'Bearer secret', 'secret'],
    ],
  );
  const [request] = last.requests;
  assert.equal(request?.path, '/products.csv');
  assert.deepEqual([request.headers['authorization'], request.headers['x-key']], [undefined, undefined]);
});

test('headers dropped by a redirect are not restored when a redirect leads back', async (t) => {
  const home = await startOrigin(t, ({ url }, response) => {
    if (url === '/start') response.writeHead(302, { location: `${away.url}/` }).end();
    else response.end(CSV);
  });
  const away = await startOrigin(t, (_, response) =>
    response.writeHead(302, { location: `${home.url}/end` }).end(),
  );
  const fetcher = await createFetcher(t);
  await fetcher.read(`${home.url}/start`, { headers: { authorization: 'secret' } });
  assert.deepEqual(
    home.requests.map(({ headers }) => headers['authorization']),
    ['secret', undefined],
  );
});

test('raw bytes in a Location header are interpreted as in browsers', async (t) => {
  let location = '';
  const { url, requests } = await startOrigin(t, ({ url: path }, response) => {
    if (path === '/start') response.writeHead(302, { location }).end();
    else response.end(CSV);
  });
  const fetcher = await createFetcher(t);
  const cases: [string, string, string][] = [
    [bytesOf('/Größen/a b é.csv?q=ü#ö'), '/Gr%C3%B6%C3%9Fen/a%20b%20%C3%A9.csv?q=%C3%BC', 'a b é.csv'],
    [bytesOf('商品.csv'), '/%E5%95%86%E5%93%81.csv', '商品.csv'],
    ['/Gr%C3%B6%C3%9Fe.csv', '/Gr%C3%B6%C3%9Fe.csv', 'Größe.csv'],
    // Not UTF-8: the server expects these bytes.
    ['/Gr\u00f6\u00dfe.csv', '/Gr%F6%DFe.csv', 'Gr%F6%DFe.csv'],
    [`${url}${bytesOf('/€')}`, '/%E2%82%AC', '€'],
  ];
  for (const [given, path, name] of cases) {
    location = given;
    assert.equal((await fetcher.read(`${url}/start`))?.fileName, name);
    assert.equal(requests.at(-1)?.path, path);
  }
});

test('invalid and endless redirects are errors', async (t) => {
  const { url, requests } = await startOrigin(t, ({ url: path = '' }, response) => {
    const number = Number(path.slice(2));
    const locations: Record<string, string | undefined> = {
      l: `/l${1 - number}`,
      m: `/m${number + 1}`,
      f: 'file:///etc/passwd',
      d: 'data:text/csv,name',
      x: 'http://',
    };
    const location = locations[path[1] ?? ''];
    response.writeHead(302, location === undefined ? {} : { location }).end();
  });
  const fetcher = await createFetcher(t);
  const faults: [string, RegExp][] = [
    ['/l0', /in a loop/],
    ['/m0', /more than 5 times/],
    ['/f0', /neither http nor https/],
    ['/d0', /neither http nor https/],
    ['/x0', /without a valid Location header/],
    ['/n0', /without a valid Location header/],
  ];
  for (const [path, message] of faults)
    await assert.rejects(fetcher.fetch(url + path), { code: 'SOURCE_REDIRECTS', message }, path);
  assert.equal(requests.length, 2 + 6 + 4);
});

test('other statuses are errors with advice and the time of the next attempt', async (t) => {
  const { url } = await startOrigin(t, ({ url: path = '' }, response) => {
    const [, status, after] = path.split(/[/?]/);
    if (after && !after.startsWith('key=')) response.setHeader('retry-after', decodeURIComponent(after));
    response.writeHead(Number(status)).end('secret details');
  });
  const fetcher = await createFetcher(t);
  const statuses: [number, RegExp][] = [
    [204, /not a file/],
    [206, /not a file/],
    [400, /in a browser/],
    [401, /credentials/],
    [403, /denies access/],
    [404, /nothing at this address/],
    [410, /gone permanently/],
    [416, /in a browser/],
    [418, /in a browser/],
    [429, /longer interval/],
    [500, /has a problem/],
    [503, /unavailable at the moment/],
  ];
  for (const [status, message] of statuses) {
    await assert.rejects(
      fetcher.fetch(`${url}/${status}?key=secret`, { headers: { 'x-key': 'secret' } }),
      (error) => {
        const { code, message: text, retryAfterMs } = error as SourceError;
        assert.equal(code, 'SOURCE_STATUS');
        assert.match(text, message);
        assert.ok(text.includes(String(status)));
        assert.equal(retryAfterMs, undefined);
        assert.doesNotMatch(text, /secret/);
        return true;
      },
    );
  }
  const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
  const waits: [string, number, number][] = [
    ['0', 0, 0],
    ['120', 120_000, 120_000],
    ['99999999', 86_400_000, 86_400_000],
    [inAnHour, 3_500_000, 3_600_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0, 0],
  ];
  for (const [after, least, most] of waits) {
    const error = await fetcher.fetch(`${url}/503/${encodeURIComponent(after)}`).catch((thrown) => thrown);
    assert.ok(error.retryAfterMs >= least && error.retryAfterMs <= most, `${after}: ${error.retryAfterMs}`);
  }
  const unclear = await fetcher.fetch(`${url}/503/soon`).catch((thrown) => thrown);
  assert.equal(unclear.retryAfterMs, undefined);
});

test('a web page is rejected whatever its content type, and a CSV file is accepted as text/html', async (t) => {
  const pages: [string, string][] = [
    ['text/html; charset=utf-8', '<!DOCTYPE html><html><body>Please log in</body></html>'],
    ['text/csv', `\ufeff\n${' '.repeat(400)}<html lang="en">`],
    ['application/octet-stream', '<!doctype HTML>'],
    ['text/html', '<div>Not found</div>'],
    ['text/html', CSV.toString()],
    ['text/csv', 'name,sku,description\n<b>,s-1,<html>\n'],
  ];
  const { url } = await startOrigin(t, ({ url: path = '' }, response) => {
    const [type = '', body] = pages[Number(path.slice(1))] ?? [];
    response.setHeader('content-type', type);
    response.end(body);
  });
  const fetcher = await createFetcher(t);
  for (const index of [0, 1, 2, 3])
    await assert.rejects(fetcher.fetch(`${url}/${index}`), { code: 'SOURCE_NOT_DATA', message: /web page/ });
  for (const index of [4, 5]) assert.ok(await fetcher.read(`${url}/${index}`));
});

test('JSON and XML are rejected by name, and CSV that resembles them is accepted', async (t) => {
  const cases: [string, string, RegExp | undefined][] = [
    ['application/json', '{"error":"no"}', /sends JSON, not a CSV file/],
    ['text/csv', '\ufeff\n [ {"sku": "a-1"} ]', /sends JSON/],
    ['', '{"name":"Ada","sku":"a-1"}\n{"name":"Bob"}\n', /sends JSON/],
    ['application/problem+json; charset=utf-8', '{ }', /sends JSON/],
    ['application/json', 'null', /sends JSON/],
    ['application/json', '"Not allowed"', /sends JSON/],
    ['text/plain', ')]}\',\n{"a":1}', /sends JSON/],
    ['application/xml', '<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>', /sends XML/],
    ['text/csv', '<rss version="2.0">\n<channel>', /sends XML/],
    ['application/atom+xml', '<feed>', /sends XML/],
    ['text/xml', '<?xml version="1.0"?><!DOCTYPE html><html>', /sends a web page/],
    ['application/json', CSV.toString(), undefined],
    ['application/json', '"name","sku","description"\n', undefined],
    ['application/xml', 'name,sku,description\n', undefined],
    ['text/csv', '[id],name,sku,description\n', undefined],
    ['text/csv', '<id>;<x>;name;sku;description\n', undefined],
    ['text/csv', '{id},name,sku,description\n', undefined],
  ];
  const { url } = await startOrigin(t, ({ url: path = '' }, response) => {
    const [type = '', body] = cases[Number(path.slice(1))] ?? [];
    response.setHeader('content-type', type);
    response.end(body);
  });
  const fetcher = await createFetcher(t);
  await Promise.all(
    cases.map(async ([, body, message], index) => {
      const reading = fetcher.read(`${url}/${index}`);
      if (message) await assert.rejects(reading, { code: 'SOURCE_NOT_DATA', message }, body);
      else assert.equal(String((await reading)?.content), body);
    }),
  );
});

test('content that starts like a CSV file is passed on from its first bytes', async (t) => {
  const { url } = await startOrigin(t, (_, response) => response.write('name,sku'));
  const fetched = await (await createFetcher(t)).fetch(url);
  assert.ok(fetched.changed);
  const [first] = await once(fetched.stream, 'data');
  assert.equal(String(first), 'name,sku');
  fetched.stream.destroy();
});

test('an unreachable server, one that does not speak HTTP, and one that closes the connection have different errors', async (t) => {
  const fetcher = await createFetcher(
    t,
    {},
    { lookup: (_name, _options, callback) => callback(noName(), []) },
  );
  const closed = await startOrigin(t, () => {});
  const garbage = await startRaw(t, (socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n'));
  const headers = await startRaw(t, (socket) =>
    socket.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`),
  );
  const gone = await startRaw(t, (socket) => socket.destroy());
  const faults: [string, RegExp][] = [
    ['http://nowhere.example/', /cannot be resolved/],
    // A reserved port on which nothing listens.
    ['http://127.0.0.1:1/', /No server accepts connections/],
    [closed.url.replace('http:', 'https:'), /secure connection/],
    [garbage, /valid HTTP/],
    [headers, /16 KiB of headers/],
    [gone, /without answering/],
  ];
  for (const [url, message] of faults)
    await assert.rejects(fetcher.fetch(url), { code: 'SOURCE_UNREACHABLE', message }, url);
});

test('a request on a connection that the server closed while idle is retried', async (t) => {
  let connections = 0;
  const url = await startRaw(t, (socket) => {
    // The second request on a connection meets the close.
    if (socket.bytesRead > 300) return socket.destroy();
    connections++;
    return socket.write('HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n');
  });
  const fetcher = await createFetcher(t);
  const target = { validators: { etag: '"x"' }, headers: { 'x-long': 'x'.repeat(100) } };
  for (let check = 0; check < 4; check++)
    assert.deepEqual(await fetcher.fetch(url, target), { changed: false });
  assert.equal(connections, 4);
});

test('connections are reused, with at most four concurrent checks per host', async (t) => {
  let open = 0;
  let most = 0;
  const sockets = new Set<unknown>();
  const { url } = await startOrigin(t, async (request, response) => {
    sockets.add(request.socket);
    most = Math.max(most, ++open);
    await pause(5);
    open--;
    response.writeHead(304).end();
  });
  const fetcher = await createFetcher(t);
  await Promise.all(Array.from({ length: 40 }, () => fetcher.fetch(url, { validators: { etag: '"x"' } })));
  assert.equal(most, 4);
  assert.ok(sockets.size <= 8, `${sockets.size} connections`);
});

test('a download in progress does not block checks of the same host', async (t) => {
  const { url } = await startOrigin(t, ({ url: path }, response) => {
    if (path === '/small') response.end(CSV);
    else response.write(CSV);
  });
  const fetcher = await createFetcher(t);
  const open = await Promise.all(Array.from({ length: 6 }, () => fetcher.fetch(`${url}/endless`)));
  assert.deepEqual((await fetcher.read(`${url}/small`))?.content, CSV);
  for (const fetched of open) if (fetched.changed) fetched.stream.destroy();
});

test('a silent server times out before the response, during it, and on /sense', async (t) => {
  const { url } = await startOrigin(t, ({ url: path }, response) => {
    if (path === '/middle') response.write(CSV);
    if (path === '/sense') response.write(' ');
  });
  const fetcher = await createFetcher(t, { silenceMs: 300 });
  await Promise.all([
    assert.rejects(fetcher.fetch(url), { code: 'SOURCE_TIMEOUT', message: /sent nothing for 0.3 s/ }),
    assert.rejects(fetcher.read(`${url}/middle`), { code: 'SOURCE_TIMEOUT', message: /sent nothing/ }),
    assert.rejects(fetcher.fetch(url, { kind: 'SENSE_READ', validators: {} }), { code: 'SOURCE_TIMEOUT' }),
  ]);
});

test('a slow reader is not mistaken for a silent server', async (t) => {
  const large = Buffer.alloc(8_000_000, CSV);
  const { url } = await startOrigin(t, (_, response) => response.end(large));
  const fetcher = await createFetcher(t, { silenceMs: 1000, minBytesPerSecond: 1e6 });
  const fetched = await fetcher.fetch(url);
  assert.ok(fetched.changed);
  await pause(2500);
  assert.deepEqual(await buffer(fetched.stream), large);
});

test('a fetch that is too slow fails by its minimum rate and by its total time', async (t) => {
  const { url } = await startOrigin(t, (request, response) => {
    response.write(CSV);
    const timer = setInterval(() => response.write('Ann,a-1,x\n'), 20);
    request.on('close', () => clearInterval(timer));
    response.on('close', () => clearInterval(timer));
  });
  const slow = await createFetcher(t, { silenceMs: 1000, minBytesPerSecond: 1e8 });
  await assert.rejects(slow.read(url), { code: 'SOURCE_TIMEOUT', message: /bytes a second/ });
  const endless = await createFetcher(t, { totalMs: 300 });
  await assert.rejects(endless.read(url), { code: 'SOURCE_TIMEOUT', message: /longer than 0.3 s/ });
});

test('a file that is too large is rejected, with or without a Content-Length', async (t) => {
  let written = 0;
  const { url } = await startOrigin(t, ({ url: path }, response) => {
    if (path === '/told') response.setHeader('content-length', 1e12);
    const write = () => {
      if (response.destroyed) return;
      written += CSV.length;
      if (response.write(CSV)) setImmediate(write);
      else response.once('drain', write);
    };
    write();
  });
  const fetcher = await createFetcher(t, { maxBytes: 2_000_000 });
  for (const path of ['/told', '/untold'])
    await assert.rejects(
      fetcher.read(url + path),
      { code: 'FILE_TOO_LARGE', message: /MAX_UPLOAD_BYTES/ },
      path,
    );
  assert.ok(written < 50_000_000, `${written} bytes were sent`);
});

test('aborting the signal or destroying the stream closes the connection immediately', async (t) => {
  const closed: string[] = [];
  const { url, requests } = await startOrigin(t, (request: IncomingMessage, response: ServerResponse) => {
    request.socket.once('close', () => closed.push(request.url ?? ''));
    if (request.url !== '/before') response.write(CSV);
  });
  const fetcher = await createFetcher(t);
  const reason = new Error('enough');

  const before = new AbortController();
  const waiting = fetcher.fetch(`${url}/before`, {}, before.signal);
  await waitUntil('it is asked', () => requests.length > 0);
  before.abort(reason);
  await assert.rejects(waiting, reason);

  const during = new AbortController();
  const read = await fetcher.fetch(`${url}/signal`, {}, during.signal);
  assert.ok(read.changed);
  const failed = assert.rejects(buffer(read.stream), reason);
  during.abort(reason);
  await failed;

  const left = await fetcher.fetch(`${url}/destroy`);
  assert.ok(left.changed);
  left.stream.resume();
  await pause(20);
  left.stream.destroy();
  await waitUntil(
    'the connections are closed',
    () => closed.includes('/signal') && closed.includes('/destroy'),
  );

  const over = new AbortController();
  over.abort(reason);
  await assert.rejects(fetcher.fetch(url, {}, over.signal), reason);
});

test('the file name is taken from Content-Disposition, else from the URL', async (t) => {
  const names: [string, string | undefined, string][] = [
    ['/export?id=1', undefined, 'export'],
    ['/a/%C3%A4%20b.csv', undefined, 'ä b.csv'],
    ['/%E0%A4%A', undefined, '%E0%A4%A'],
    ['/', undefined, '127.0.0.1'],
    ['/x', 'attachment; filename="Shop list.csv"', 'Shop list.csv'],
    ['/x', "attachment; filename=plain.csv; filename*=UTF-8''K%C3%A4se.csv", 'Käse.csv'],
    ['/x', 'attachment; filename="../../etc/passwd"', 'passwd'],
    ['/x', 'attachment; filename="..\\\\evil.csv"', 'evil.csv'],
    ['/x', 'attachment; filename=".."', 'x'],
    ['/x', 'attachment', 'x'],
    ['/x', ';;;', 'x'],
    ['/%0d%0aa%E2%80%AEb', undefined, 'ab'],
    [`/${'n'.repeat(400)}`, undefined, 'n'.repeat(255)],
    ['/x', bytesOf('attachment; filename="Größen.csv"'), 'Größen.csv'],
    ['/x', bytesOf('attachment; filename=商品 列表.csv'), '商品 列表.csv'],
    ['/x', 'attachment; filename="Gr\u00f6\u00dfen \u0080.csv"', 'Größen €.csv'],
    ['/x', 'attachment; filename="Gr%C3%B6%C3%9Fen%20a.csv"', 'Größen a.csv'],
    ['/x', 'attachment; filename="50%off %E4.csv"', '50%off %E4.csv'],
    ['/x', 'attachment; filename="=?UTF-8?B?R3LDtsOfZW4uY3N2?="', 'Größen.csv'],
    ['/x', 'attachment; filename="=?utf-8?Q?Gr=C3=B6=C3=9F?= =?iso-8859-1?q?en_=E4.csv?="', 'Größen ä.csv'],
    ['/x', "attachment; filename*=ISO-8859-1'en'%A3%20rates.csv; filename=rates.csv", '£ rates.csv'],
    ['/x', "attachment; filename*=utf-8''%E9.csv; filename=good.csv", 'good.csv'],
    ['/x', "attachment; filename*=x-unknown''a.csv; filename=b.csv", 'b.csv'],
    ['/x', `attachment; filename*=UTF-8''${bytesOf('Ä')}.csv`, 'Ä.csv'],
    ['/x', 'ATTACHMENT;FileName = "a \\"b\\".csv" ; size=3', 'a "b".csv'],
    ['/x', 'attachment; note="; filename=wrong.csv"; filename=right.csv', 'right.csv'],
    ['/x', 'filename=bare.csv', 'bare.csv'],
    ['/x', 'attachment; filename="C:\\shop\\a.csv', 'a.csv'],
    ['/x', "attachment; filename*=UTF-8''a%00%0Ab.csv", 'ab.csv'],
  ];
  // A Node server would not send every byte unchanged.
  const url = await startRaw(t, (socket, request) => {
    const [, disposition] = names[Number(/^x-case: (\d+)/im.exec(request)?.[1])] ?? [];
    const header = disposition === undefined ? '' : `Content-Disposition: ${disposition}\r\n`;
    socket.write(`HTTP/1.1 200 OK\r\n${header}Content-Length: 3\r\n\r\na,b`, 'latin1');
  });
  const fetcher = await createFetcher(t);
  await Promise.all(
    names.map(async ([path, , name], index) => {
      const fetched = await fetcher.read(url + path, { headers: { 'x-case': String(index) } });
      assert.equal(fetched?.fileName, name);
    }),
  );
});

/** UTF-8 bytes as a header value, one character per byte. */
function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** Paths of the files that this process has open, where /proc exists. */
async function openFiles(): Promise<string[]> {
  const names = await readdir('/proc/self/fd').catch(() => []);
  return Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
}

function noName(): NodeJS.ErrnoException {
  return Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
}
