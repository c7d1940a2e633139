// JSON is looked over before it is parsed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonShape } from '../../src/json/json-shape.ts';

/** Of the JSON as a whole, and in pieces of any size. */
function excess(json: string): string | undefined {
  const whole = new JsonShape().excessWith(Buffer.from(json));
  for (const size of [1, 2, 3, 1000]) {
    const shape = new JsonShape();
    let found: string | undefined;
    for (let at = 0; at < json.length && !found; at += size)
      found = shape.excessWith(Buffer.from(json.slice(at, at + size)));
    assert.equal(found, whole, `pieces of ${size}: ${json.slice(0, 20)}`);
  }
  return whole;
}
const TOO_MANY = 'has more than 50,000 values';
const TOO_DEEP = 'is nested deeper than 200';

test('values and nesting are counted, but not inside of texts', () => {
  const list = (values: number) => `[${'0,'.repeat(values - 1)}0]`;
  // The list itself counts, and what is the root.
  assert.equal(excess(list(49_999)), undefined);
  assert.equal(excess(list(50_000)), TOO_MANY);
  assert.equal(excess(`[${'{},'.repeat(30_000)}{}]`), TOO_MANY);
  assert.equal(excess(`{${Array.from({ length: 50_001 }, (_, n) => `"${n}":0`).join()}}`), TOO_MANY);
  assert.equal(excess('['.repeat(200) + ']'.repeat(200)), undefined);
  assert.equal(excess('[{"a":'.repeat(101)), TOO_DEEP);
  assert.equal(excess('[],'.repeat(300)), undefined);
  const text = ',[{'.repeat(100_000);
  for (const json of [`"${text}"`, `{"a\\"${text}":"\\\\"}`, `["\\\\","${text}"]`, `"${text}`, `"\\`, ''])
    assert.equal(excess(json), undefined, json.slice(0, 20));
  assert.equal(excess(`["\\\\",${text}]`), TOO_DEEP);
  assert.equal(excess(`["\\"${text}\\\\",${text}]`), TOO_DEEP);
});

test('short plain texts are passed on with what is around them, all others by themselves', () => {
  const parts: string[] = [];
  const shape = new JsonShape({
    plain: (piece, start, end) => void parts.push(piece.toString('utf8', start, end)),
    inText: (piece, start, end) => void parts.push(`text ${piece.toString('utf8', start, end)}`),
    endText: () => void parts.push('end'),
  });
  const longest = 'a'.repeat(64);
  shape.excessWith(Buffer.from(`{"a":["b 'c'","${longest}","${longest}a","d\\n","é","#1"`));
  shape.excessWith(Buffer.from(',"cut'));
  shape.excessWith(Buffer.from(' off"]}'));
  // Nothing may be between two of them.
  const passed = parts.filter((part) => part !== '');
  assert.deepEqual(passed, [
    `{"a":["b 'c'","${longest}",`,
    ...[`text ${longest}a`, 'end', ','],
    ...['text d\\n', 'end', ','],
    ...['text é', 'end', ','],
    ...['text #1', 'end'],
    ...[',', 'text cut'],
    ...['text  off', 'end', ']}'],
  ]);
});
