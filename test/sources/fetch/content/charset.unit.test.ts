import assert from 'node:assert/strict';
import { test } from 'node:test';
import { charsetOf } from '../../../../src/sources/fetch/content/charset.ts';

const CHARSETS: [string | undefined, string | undefined][] = [
  ['text/csv; charset=windows-1252', 'windows-1252'],
  ['text/csv;CHARSET="Shift_JIS"', 'Shift_JIS'],
  ["text/csv ; charset = 'latin1' ; header=present", 'latin1'],
  ['text/csv; header=present; charset=gb18030', 'gb18030'],
  ['text/csv; charset=koi8-r; charset=utf-8', 'koi8-r'],
  ['text/csv; charset=klingon', 'klingon'],
  [`text/csv; charset=${Buffer.from('größe').toString('latin1')}`, 'größe'],
  [`text/csv; charset=${'x'.repeat(1000)}`, 'x'.repeat(40)],
  // Read as UTF-8 anyway.
  ['text/csv; charset=utf-8; charset=utf-8', undefined],
  ['text/csv; charset=UTF8', undefined],
  ['text/csv; charset=us-ascii', undefined],
  ['text/csv; charset=', undefined],
  ['text/csv; charset=""', undefined],
  ['text/csv; mycharset=latin1', undefined],
  ['text/csv', undefined],
  ['charset', undefined],
  ['', undefined],
  [undefined, undefined],
];

test('the charset of the Content-Type is used as the encoding unless it is meaningless', () => {
  for (const [header, charset] of CHARSETS) assert.equal(charsetOf(header), charset, header);
});
