// The encoding that the console suggests for text that is not UTF-8.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import iconv from 'iconv-lite';
import { guessEncoding } from '../../../src/console/utils/reading/guess-encoding.ts';

const TEXTS: [encoding: string, text: string][] = [
  ['windows-1252', 'Café'],
  ['windows-1252', 'Café Crème,b-1,Größe\nMöbel für die Küche,b-2,schön'],
  ['windows-1252', 'Preis 5 € – „Möbel“ für Küche'],
  ['windows-1251', 'Стол деревянный, стул кухонный\nЛампа настольная'],
  ['koi8-r', 'Стол деревянный, стул кухонный\nЛампа настольная'],
  ['shift_jis', '木製の椅子と机、ランプ\nガラスの花瓶'],
  ['gb18030', '木制椅子和桌子，台灯\n玻璃花瓶产品'],
  ['big5', '木製椅子和桌子，檯燈\n玻璃花瓶'],
  ['euc-kr', '나무 의자와 책상, 램프\n유리 꽃병'],
];

for (const [encoding, text] of TEXTS) {
  test(`${encoding} is guessed: ${text.slice(0, 12)}`, async () => {
    // Far from the beginning.
    const bytes = Buffer.concat([Buffer.from('plain text,1\n'.repeat(9000)), iconv.encode(text, encoding)]);
    assert.equal(await guessEncoding(new Blob([bytes])), encoding);
    assert.equal(await guessEncoding(new Blob([gzipSync(bytes)])), encoding, 'in a gzip file');
  });
}

test('nothing is suggested where no encoding fits', async () => {
  assert.equal(await guessEncoding(new Blob(['plain text'])), undefined);
  // C1 controls in every Western encoding, and invalid in the others.
  assert.equal(await guessEncoding(new Blob([Buffer.from([0x41, 0x81, 0x8d, 0xff, 0x9d, 0x41])])), undefined);
});

test('a truncated gzip file is guessed by what can be read of it', async () => {
  const text = Array.from({ length: 3000 }, (_, i) => `Möbel ${Math.sin(i)} für Küche ${i}`).join('\n');
  const whole = gzipSync(iconv.encode(text, 'windows-1252'));
  assert.equal(await guessEncoding(new Blob([whole.subarray(0, whole.length / 2)])), 'windows-1252');
});
