// Large JSON is read in pieces, to the same value that `JSON.parse` makes of all of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { JsonReader, NotUtf8Error, parseOwnJson } from '../../src/json/json-reader.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: { type: 'minor' }) => void;

const MIB = 1024 * 1024;

/** @param sizes of the pieces, in turn */
function read(json: Buffer, sizes: readonly number[]): unknown {
  const reader = new JsonReader();
  for (let at = 0, turn = 0; at < json.length; turn++) {
    const size = sizes[turn % sizes.length] ?? json.length;
    const excess = reader.excessWith(json.subarray(at, at + size));
    if (excess) return excess;
    at += size;
  }
  return reader.value();
}

const size = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant(1000));
const sizes = fc.array(size, { minLength: 1, maxLength: 5 });
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 70 }),
  fc.constantFrom('__proto__', 'constructor', '0', '10', '2', '"', '\\', '\\u', '😀é', '\ud83d', '\ufeff'),
  // Numbers of texts are written so.
  fc.constantFrom('#', '#0', '#1', '#2'),
);
/** V8 takes a key that is an escape for a key with a backslash that another object has. */
const key = text.filter((text) => !text.includes('\\'));
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(null, true, false, 0, -1.5e-7),
    fc.array(tie('any'), { maxLength: 5 }),
    fc.array(fc.tuple(key, tie('any')), { maxLength: 5 }).map((members) => Object.fromEntries(members)),
  ),
})).any;

test('any JSON has the value that it has for JSON.parse, wherever it is cut', () => {
  fc.assert(
    fc.property(
      value,
      sizes,
      fc.boolean(),
      fc.constantFrom(undefined, 2),
      (value, sizes, escapes, indent) => {
        const plain = JSON.stringify(value, null, indent);
        const json = escapes
          ? plain.replace(/[^ -~\n]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
          : plain;
        // A surrogate without its other half is only there as an escape.
        assert.deepStrictEqual(read(Buffer.from(json), sizes), JSON.parse(json));
      },
    ),
    { numRuns: 2000 },
  );
});

test('a byte order mark, keys that are there twice, and a prototype are as for JSON.parse', () => {
  for (const json of [
    '{"a":1,"b":2,"a":3}',
    '{"__proto__":{"query":"x"}}',
    '{"__proto__":{"query":"\\n"}}',
    '{"\\u0061":1,"a":[]}',
    '{"\\u0030":1,"0":2}',
    '{"é":1,"1":2,"\\u0030":3,"\\u00e9":4}',
    ' "a" ',
    '1e3',
  ])
    for (const size of [1, 2, 100]) assert.deepStrictEqual(read(Buffer.from(json), [size]), JSON.parse(json));
  assert.deepEqual(read(Buffer.from('\ufeff{"a":"b"}'), [1]), { a: 'b' });
});

test('JSON that is not valid is a SyntaxError, wherever it is cut', () => {
  const edit = fc.tuple(
    fc.nat(),
    fc.constantFrom('', '"', '\\', '{', ']', ',', ':', '\n', 'x', '1', '\\u00', '\u0001'),
  );
  fc.assert(
    fc.property(value, edit, sizes, (value, [at, inserted], sizes) => {
      const whole = JSON.stringify(value);
      const place = at % (whole.length + 1);
      const edited = whole.slice(0, place) + inserted + whole.slice(inserted === '' ? place + 1 : place);
      const json = edited.toWellFormed();
      let expected: unknown;
      try {
        expected = JSON.parse(json);
      } catch {
        assert.throws(() => read(Buffer.from(json), sizes), SyntaxError, json);
        return;
      }
      assert.deepStrictEqual(read(Buffer.from(json), sizes), expected);
    }),
    { numRuns: 2000 },
  );
});

test('texts and keys that are not UTF-8 are refused, wherever they are cut', () => {
  const bytes = (...parts: (string | number)[]) =>
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))));
  for (const json of [
    bytes('"', 0xe9, '"'),
    bytes('{"', 0xc3, '":1}'),
    bytes('"', 0xf0, 0x9f, 0x98, '"'),
    bytes('"a', 0x80, '"'),
    bytes('"', 0xed, 0xa0, 0xbd, '"'),
    // The end is missing.
    bytes('["a", "', 0xf0, 0x9f),
  ])
    for (const size of [1, 2, 3, 100])
      assert.throws(() => read(json, [size]), NotUtf8Error, `${json.toString('latin1')} in ${size}`);
});

test('what is outside of texts has a limit of its own', () => {
  assert.equal(
    read(Buffer.from(`[${' '.repeat(9 * MIB)}]`), [64 * 1024]),
    'has more than 8 MiB outside of texts',
  );
  assert.equal(read(Buffer.from(`[${'0,'.repeat(60_000)}0]`), [1000]), 'has more than 50,000 values');
  const indented = JSON.stringify({ a: Array.from({ length: 16_000 }, (_, n) => ({ n: 1e9 + n })) }, null, 8);
  assert.deepEqual(read(Buffer.from(indented), [64 * 1024]), JSON.parse(indented));
});

test('reading leaves no copy of the JSON that waits for a collection of the whole heap', () => {
  const json = Buffer.from(JSON.stringify({ text: 'é\n'.repeat(4 * MIB) }));
  const external = () => {
    collect({ type: 'minor' });
    const { external, arrayBuffers } = process.memoryUsage();
    return external - arrayBuffers;
  };
  const before = external();
  for (let number = 0; number < 4; number++) {
    read(json, [64 * 1024]);
    const more = external() - before;
    assert.ok(more < json.length, `${more} bytes`);
  }
});

test('JSON of our own has the keys that it says, and no limits', () => {
  for (const escaped of ['Size 15"', 'Size 15\n', 'Size 15\u0001', 'Size 15\\"']) {
    // V8 would take the key of the other one for this.
    assert.deepEqual(parseOwnJson(JSON.stringify({ [escaped]: 1, 'Size 15\\': 'a' })), {
      [escaped]: 1,
      'Size 15\\': 'a',
    });
    parseOwnJson(JSON.stringify({ [`of ${escaped}`]: 1, 'Size 15\\': 'a' }));
    const json = JSON.stringify({ [`of ${escaped}`]: 1, [escaped]: 'a' });
    assert.equal(JSON.stringify(parseOwnJson(json)), json);
  }
  const deep = `${'['.repeat(300)}"\\n"${']'.repeat(300)}`;
  assert.equal(JSON.stringify(parseOwnJson(deep)), deep);
  const long = JSON.stringify(Array.from({ length: 60_000 }, () => '\n'));
  assert.equal(JSON.stringify(parseOwnJson(long)), long);
  assert.throws(() => parseOwnJson('{"\\'), SyntaxError);
});
