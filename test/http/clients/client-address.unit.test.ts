// Who a request comes from, and how the server was addressed: only trusted proxies are believed.

import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { clientAddress, TrustedProxies } from '../../../src/http/clients/client-address.ts';
import { normalizeRequest } from '../../../src/http/normalize-request.ts';
import { AllowedHosts } from '../../../src/http/origins/allowed-hosts.ts';
import { AllowedOrigins } from '../../../src/http/origins/allowed-origins.ts';

const RULES = {
  proxies: new TrustedProxies(['10.0.0.0/8', '192.0.2.1', 'fd00::/8', '::ffff:198.51.100.0/120']),
  hosts: new AllowedHosts(['*']),
  origins: new AllowedOrigins([]),
};

function receive(remoteAddress: string | undefined, headers: Record<string, string> = {}): IncomingMessage {
  const all = { host: '10.0.0.1:4000', ...headers };
  const request = {
    url: '/',
    httpVersion: '1.1',
    socket: { remoteAddress },
    headers: all,
    rawHeaders: Object.entries(all).flat(),
    headersDistinct: { host: [all.host] },
  };
  normalizeRequest(request as never, RULES);
  return request as never;
}

for (const [what, peer, forwarded, expected] of [
  ['no proxy', '203.0.113.7', undefined, '203.0.113.7'],
  ['a client that claims another address', '203.0.113.7', '198.18.0.1', '203.0.113.7'],
  ['an IPv4 client over IPv6', '::ffff:203.0.113.7', undefined, '203.0.113.7'],
  ['a trusted proxy', '10.1.2.3', '203.0.113.7', '203.0.113.7'],
  ['a trusted proxy over IPv6', '::ffff:10.1.2.3', '203.0.113.7', '203.0.113.7'],
  ['a trusted proxy without the header', '10.1.2.3', undefined, '10.1.2.3'],
  ['a trusted address next to its range', '192.0.2.2', '203.0.113.7', '192.0.2.2'],
  ['a range of IPv4 in IPv6', '198.51.100.9', '203.0.113.7', '203.0.113.7'],
  ['two trusted proxies', 'fd00::1', '203.0.113.7, 10.9.9.9', '203.0.113.7'],
  ['a client that writes the header, too', '10.1.2.3', '127.0.0.1, 203.0.113.7', '203.0.113.7'],
  ['an untrusted proxy before a trusted one', '10.1.2.3', '203.0.113.7, 198.18.0.1', '198.18.0.1'],
  ['proxies alone', '10.1.2.3', '10.4.4.4, 10.5.5.5', '10.4.4.4'],
  ['an address with a port', '10.1.2.3', '203.0.113.7:4711', '203.0.113.7'],
  ['an IPv6 address with a port', '10.1.2.3', '[2001:DB8::1]:4711', '2001:db8::1'],
  ['what is no address', '10.1.2.3', '203.0.113.7, unknown', '10.1.2.3'],
  ['nothing between commas', '10.1.2.3', '203.0.113.7,,', '10.1.2.3'],
  ['a connection that is gone', undefined, '203.0.113.7', ''],
] as const) {
  test(`${what}: the client is ${expected || 'unknown'}`, () => {
    const request = receive(peer, forwarded === undefined ? {} : { 'x-forwarded-for': forwarded });
    assert.equal(clientAddress(request), expected);
  });
}

test('scheme and host are taken from a trusted proxy, and from nobody else', () => {
  const headers = { 'x-forwarded-proto': 'https, http', 'x-forwarded-host': 'shop.example, proxy.example' };
  const trusted = receive('10.1.2.3', headers);
  assert.deepEqual([trusted.headers['x-forwarded-proto'], trusted.headers.host], ['https', 'shop.example']);
  const untrusted = receive('203.0.113.7', headers);
  assert.deepEqual(
    [untrusted.headers['x-forwarded-proto'], untrusted.headers.host],
    [undefined, '10.0.0.1:4000'],
  );
  assert.throws(() => receive('10.1.2.3', { 'x-forwarded-host': 'a/b' }), /X-Forwarded-Host/);
});
