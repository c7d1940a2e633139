// The console's files: the paths of its pages, caching, compression and security headers.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, rm, unlink, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';
import { startTestServer } from '../support.ts';

const PAGE = '<!doctype html><meta property="csp-nonce" nonce="__CSP_NONCE__"><div id="root"></div>';
const SCRIPT = 'export const answer = 42;\n'.repeat(100);
const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

/** A server with a small build of a console. */
async function serveBuild(t: TestContext) {
  const folder = await createTemporaryFolder(t);
  await mkdir(join(folder, 'assets'));
  const files = {
    'index.html': PAGE,
    'favicon.svg': '<svg/>',
    'assets/main-abc.js': SCRIPT,
    'assets/main-abc.js.br': brotliCompressSync(SCRIPT),
    'assets/main-abc.js.gz': gzipSync(SCRIPT),
    'assets/photo.png': randomBytes(3000),
    '.secret': 'nobody is to see this',
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  const server = await startTestServer(t, { consoleFolder: folder });
  return { ...server, folder, files };
}

interface RawAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

/** Unlike `fetch`, does not normalize paths or decompress bodies. */
async function get(
  url: string,
  path: string,
  headers: http.OutgoingHttpHeaders = {},
  method = 'GET',
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const request = http.request({ hostname, port, path, method, headers, agent: false }).end();
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}

test('each page of the console can be opened by its path', async (t) => {
  const { url } = await serveBuild(t);
  const paths = ['/', '/imports', '/imports/', '/imports/0b5e8f1c-6f0e-4a57-9d2b-3c1f5a7e9d10', '/products'];
  paths.push('/sources', '/sources/new', '/sources/0b5e8f1c-6f0e-4a57-9d2b-3c1f5a7e9d10/edit');
  for (const path of [...paths, '/products?q=a/b', '/products/lamp.v2%2Fx', '/names', '/names?sort=name']) {
    const { status, headers, body } = await get(url, path);
    assert.equal(status, 200, path);
    assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    assert.match(String(body), /<div id="root">/, path);
  }
});

test('an unknown path is 404, with the console for browsers and plain text for programs', async (t) => {
  const { url } = await serveBuild(t);
  for (const path of ['/other', '/imports/a/b', '/sources/a/b', '/productsx', '/names/a/b']) {
    const program = await get(url, path);
    assert.equal(program.status, 404, path);
    assert.match(String(program.headers['content-type']), /^text\/plain/);
    assert.match(String(program.body), /\/graphql/);
    const person = await get(url, path, HTML);
    assert.equal(person.status, 404, path);
    assert.match(String(person.body), /<div id="root">/, path);
  }
  for (const path of [
    '/assets/main-old.js',
    '/assets/',
    '/assets',
    '/index.html',
    '/favicon.ico',
    '/.secret',
  ]) {
    const { status, body } = await get(url, path);
    assert.equal(status, 404, path);
    assert.doesNotMatch(String(body), /root|nobody/, path);
  }
  assert.equal((await get(url, '/', {}, 'DELETE')).status, 405);
});

test('no path leads outside the build folder', async (t) => {
  const { url, folder } = await serveBuild(t);
  await writeFile(`${folder}-beside.js`, 'outside');
  t.after(() => rm(`${folder}-beside.js`));
  const beside = `${folder.split('/').at(-1)}-beside.js`;
  for (const path of [
    `/../${beside}`,
    `/assets/..%2f..%2f${beside}`,
    `/%2e%2e/${beside}`,
    '/..%5c..',
    '/%00.js',
  ]) {
    const { status, body } = await get(url, path);
    assert.equal(status, 404, path);
    assert.doesNotMatch(String(body), /outside/);
  }
  assert.ok([400, 404].includes((await get(url, '/%zz.js')).status));
});

test('the page may only run scripts of this server', async (t) => {
  const { url } = await serveBuild(t);
  const [first, second] = [await get(url, '/'), await get(url, '/')];
  const policy = String(first.headers['content-security-policy']);
  const rules = new Map(policy.split('; ').map((rule) => [rule.split(' ')[0], rule.split(' ').slice(1)]));
  assert.deepEqual(rules.get('default-src'), ["'none'"]);
  assert.deepEqual(rules.get('script-src'), ["'self'"]);
  for (const rule of ['object-src', 'base-uri', 'frame-ancestors'])
    assert.deepEqual(rules.get(rule), ["'none'"]);
  assert.deepEqual(rules.get('form-action'), ["'self'"]);
  assert.doesNotMatch(policy, /unsafe|\*/);
  assert.equal(first.headers['x-content-type-options'], 'nosniff');
  assert.equal(first.headers['referrer-policy'], 'same-origin');

  const nonce = /nonce="([^"]+)"/.exec(String(first.body))?.[1] ?? '';
  assert.ok(Buffer.from(nonce, 'base64').length >= 16);
  assert.ok(rules.get('style-src')?.includes(`'nonce-${nonce}'`));
  assert.notEqual(nonce, /nonce="([^"]+)"/.exec(String(second.body))?.[1]);
});

test('hashed files are immutable, others are revalidated, and so is the page on every request', async (t) => {
  const { url } = await serveBuild(t);
  const asset = await get(url, '/assets/main-abc.js');
  assert.equal(asset.headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.equal(asset.headers['content-type'], 'text/javascript; charset=utf-8');
  assert.equal(String(asset.body), SCRIPT);
  const icon = await get(url, '/favicon.svg');
  assert.equal(icon.headers['cache-control'], 'no-cache');
  assert.equal(icon.headers['x-content-type-options'], 'nosniff');
  const { etag } = icon.headers;
  assert.ok(etag);
  const again = await get(url, '/favicon.svg', { 'if-none-match': etag });
  assert.deepEqual([again.status, again.body.length], [304, 0]);
  assert.equal((await get(url, '/favicon.svg', { 'if-none-match': '"other"' })).status, 200);
  const page = await get(url, '/');
  assert.deepEqual([page.headers['cache-control'], page.headers.etag], ['no-cache', undefined]);
});

test('files are served compressed to clients that accept it', async (t) => {
  const { url, files } = await serveBuild(t);
  const ask = (accept?: string, path = '/assets/main-abc.js') =>
    get(url, path, accept === undefined ? {} : { 'accept-encoding': accept });
  const brotli = await ask('gzip, deflate, br, zstd');
  assert.equal(brotli.headers['content-encoding'], 'br');
  assert.equal(brotli.headers['content-type'], 'text/javascript; charset=utf-8');
  assert.equal(brotli.headers['vary'], 'accept-encoding');
  assert.equal(String(brotliDecompressSync(brotli.body)), SCRIPT);
  const gzip = await ask('gzip, br;q=0');
  assert.equal(gzip.headers['content-encoding'], 'gzip');
  assert.equal(String(gunzipSync(gzip.body)), SCRIPT);
  for (const accept of [undefined, 'identity', 'brotli', 'br;q=0.0, gzip;q=0']) {
    const plain = await ask(accept);
    assert.equal(plain.headers['content-encoding'], undefined, accept);
    assert.equal(plain.headers['vary'], 'accept-encoding');
    assert.equal(String(plain.body), SCRIPT);
  }
  const etags = new Set([brotli, gzip, await ask()].map(({ headers }) => headers.etag));
  assert.equal(etags.size, 3, 'a cache must not mistake one for another');
  const photo = await ask('br', '/assets/photo.png');
  assert.deepEqual(
    [photo.headers['content-type'], photo.headers['content-encoding']],
    ['image/png', undefined],
  );
  assert.deepEqual(photo.body, files['assets/photo.png']);
});

test('a HEAD request gets the headers without a body, and ranges are supported', async (t) => {
  const { url } = await serveBuild(t);
  for (const path of ['/', '/assets/main-abc.js', '/favicon.svg']) {
    const { status, headers, body } = await get(url, path, {}, 'HEAD');
    assert.deepEqual([status, body.length], [200, 0], path);
    assert.ok(headers['content-type']);
  }
  const part = await get(url, '/assets/main-abc.js', { range: 'bytes=7-11' });
  assert.deepEqual([part.status, String(part.body)], [206, 'const']);
  assert.equal((await get(url, '/assets/main-abc.js', { range: 'bytes=99999-' })).status, 416);
});

test('without a build the page explains how to create one, and a new build is served immediately', async (t) => {
  const { url, folder } = await serveBuild(t);
  await unlink(join(folder, 'index.html'));
  const missing = await get(url, '/', HTML);
  assert.equal(missing.status, 503);
  assert.match(String(missing.body), /npm run console:build/);
  assert.ok(missing.headers['content-security-policy']);
  await writeFile(join(folder, 'index.html'), `${PAGE}new`);
  assert.match(String((await get(url, '/')).body), /new$/);
  await rm(join(folder, 'assets'), { recursive: true });
  assert.equal((await get(url, '/assets/main-abc.js')).status, 404);
});
