// Connections are made only to allowed addresses, whatever a name resolves to and wherever a redirect leads.

import assert from 'node:assert/strict';
import type { LookupFunction } from 'node:net';
import { test } from 'node:test';
import { CSV, createFetcher, startOrigin } from '../support.ts';

/** In these tests 127.0.0.1 counts as public, all other addresses of this machine as private. */
const isAllowed = (address: string) => address === '127.0.0.1';

test('without ALLOW_PRIVATE_SOURCES no server on this machine gets a request', async (t) => {
  const { url, requests } = await startOrigin(t, (_, response) => response.end(CSV));
  const fetcher = await createFetcher(t, { allowPrivate: false });
  const { port } = new URL(url);
  for (const host of [
    '127.0.0.1',
    'localhost',
    '0.0.0.0',
    '2130706433',
    '0x7f.1',
    '[::ffff:127.0.0.1]',
    '[::1]',
  ]) {
    await assert.rejects(fetcher.fetch(`http://${host}:${port}/`), { code: 'SOURCE_ADDRESS_REFUSED' }, host);
    await assert.rejects(
      fetcher.fetch(`http://${host}:${port}/`, { kind: 'SENSE_READ', validators: {} }),
      { code: 'SOURCE_ADDRESS_REFUSED' },
      host,
    );
  }
  assert.equal(requests.length, 0);
});

test('a redirect to a private address is not followed, given by IP address or by name', async (t) => {
  const inside = await startOrigin(
    t,
    (_, response) => response.end('name,sku,description\nsecret,s-1,x\n'),
    '127.0.0.2',
  );
  const { port } = new URL(inside.url);
  const outside = await startOrigin(t, ({ url = '' }, response) => {
    response.writeHead(302, { location: decodeURIComponent(url.slice(1)) }).end();
  });
  const fetcher = await createFetcher(
    t,
    { allowPrivate: false },
    { isAllowed, lookup: resolveTo('127.0.0.2') },
  );
  for (const host of ['127.0.0.2', '2130706434', '[::ffff:127.0.0.2]', 'inside.example']) {
    const location = encodeURIComponent(`http://${host}:${port}/`);
    await assert.rejects(
      fetcher.fetch(`${outside.url}/${location}`),
      { code: 'SOURCE_ADDRESS_REFUSED' },
      host,
    );
  }
  assert.equal(outside.requests.length, 4);
  assert.equal(inside.requests.length, 0);
});

test('a name that later resolves to a private address is refused from then on', async (t) => {
  const answer = 'name,sku,description\nAnn,a-1,x\n';
  const outside = await startOrigin(t, (_, response) => {
    response.setHeader('connection', 'close');
    response.end(answer);
  });
  const { port } = new URL(outside.url);
  const inside = await startOrigin(t, (_, response) => response.end('secret'), '127.0.0.2');
  const addresses = ['127.0.0.1', '127.0.0.2', '127.0.0.1'];
  let lookups = 0;
  const lookup: LookupFunction = (name, options, callback) =>
    resolveTo(addresses[lookups++] ?? '')(name, options, callback);
  const fetcher = await createFetcher(t, { allowPrivate: false }, { isAllowed, lookup });
  const url = `http://rebinding.example:${port}/`;
  assert.equal(String((await fetcher.read(url))?.content), answer);
  await assert.rejects(fetcher.fetch(url), { code: 'SOURCE_ADDRESS_REFUSED' });
  assert.equal(String((await fetcher.read(url))?.content), answer);
  assert.equal(lookups, 3);
  assert.equal(inside.requests.length, 0);
});

test('a name with a public and a private address is refused', async (t) => {
  const outside = await startOrigin(t, (_, response) => response.end(CSV));
  const { port } = new URL(outside.url);
  const lookup = resolveTo('127.0.0.1', '127.0.0.2');
  const fetcher = await createFetcher(t, { allowPrivate: false }, { isAllowed, lookup });
  await assert.rejects(fetcher.fetch(`http://both.example:${port}/`), { code: 'SOURCE_ADDRESS_REFUSED' });
  assert.equal(outside.requests.length, 0);
});

function resolveTo(...addresses: string[]): LookupFunction {
  return (_name, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: 4 })),
    );
}
