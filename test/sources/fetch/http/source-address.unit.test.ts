// Which URLs and headers a source may have.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSourceHeaders, checkSourceUrl } from '../../../../src/sources/fetch/http/source-address.ts';

test('a URL is normalized and loses its fragment', () => {
  assert.equal(
    checkSourceUrl('HTTPS://Shop.Example:443/a b.csv?key=1#top', false),
    'https://shop.example/a%20b.csv?key=1',
  );
  assert.equal(checkSourceUrl('http://127.1:8080', true), 'http://127.0.0.1:8080/');
});

test('other URLs are rejected without repeating a password', () => {
  const wrong: [string, RegExp][] = [
    ['', /complete URL/],
    ['products.csv', /complete URL/],
    ['//shop.example/products.csv', /complete URL/],
    ['ftp://shop.example/products.csv', /http:\/\/ or https:\/\//],
    ['file:///etc/passwd', /http:\/\/ or https:\/\//],
    ['javascript:alert(1)', /http:\/\/ or https:\/\//],
    ['https://ann:secret@shop.example/', /Send them in a header/],
    ['https://ann@shop.example/', /Send them in a header/],
    [`https://shop.example/${'x'.repeat(3000)}`, /at most 2048 characters/],
  ];
  for (const [url, message] of wrong) {
    assert.throws(
      () => checkSourceUrl(url, true),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'BAD_USER_INPUT');
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      },
    );
  }
});

test('all headers are accepted except those that control the message framing', () => {
  checkSourceHeaders([
    { name: 'Authorization', value: 'Bearer abc' },
    { name: 'X-Api-Key', value: 'Zoë' },
    { name: 'Accept', value: 'text/csv' },
    { name: 'Cookie', value: '' },
  ]);
  const refused: [string, string][] = [
    ['Host', 'x'],
    ['content-length', '0'],
    ['Transfer-Encoding', 'chunked'],
    ['Connection', 'close'],
    ['Range', 'bytes=0-'],
    ['If-None-Match', '*'],
    ['If-Range', 'x'],
    ['Accept-Encoding', 'gzip'],
    ['Upgrade', 'h2c'],
    ['TE', 'trailers'],
    ['Expect', '100-continue'],
    ['', 'x'],
    ['a b', 'x'],
    ['a:', 'x'],
    ['a\r\nb', 'x'],
    ['X-Key', 'secret\r\nHost: other'],
    ['X-Key', 'secret\0'],
    ['X-Key', 'secret€'],
    ['X-Key', 'secret'.repeat(2000)],
  ];
  for (const [name, value] of refused) {
    assert.throws(
      () => checkSourceHeaders([{ name, value }]),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'BAD_USER_INPUT');
        assert.doesNotMatch(error.message, /secret/);
        return true;
      },
      `${name}: ${value.slice(0, 20)}`,
    );
  }
  const twice = [
    { name: 'X-Key', value: '1' },
    { name: 'x-key', value: '2' },
  ];
  assert.throws(() => checkSourceHeaders(twice), /given twice/);
  const many = Array.from({ length: 21 }, (_, index) => ({ name: `X-${index}`, value: '' }));
  assert.throws(() => checkSourceHeaders(many), /at most 20 headers/);
});
