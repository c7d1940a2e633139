// Damage to a file costs the rows that it hits, and no other row is stored wrong; whatever the bytes and however they
// come, every line is accounted for, and both parsers say the same.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countLineEnds } from '../../src/ingest/line-ends.ts';
import { damageRows, goodRows, randomFrom, styleFrom } from '../support/damaged-files.ts';
import { type ReadFile, readRows } from '../support/read-rows.ts';
import { cutAt } from '../support/uploads.ts';

const HEADER = 'name,sku,description\n';

async function read(rows: string | Buffer, options = {}): Promise<ReadFile> {
  const file = Buffer.concat([Buffer.from(HEADER), Buffer.from(rows)]);
  const fast = await readRows([file], 'fast', options);
  assert.deepEqual(await readRows([file], 'csv-parse', options), fast);
  return fast;
}

const skus = ({ rows }: ReadFile) => rows.map(({ sku }) => sku).join(' ');
const faults = ({ rejections }: ReadFile) =>
  rejections.map(({ line, lineCount, code }) => `${line}+${lineCount} ${code}`).join(', ');

test('one damage costs two rows at most on average, four at most, and no other row is wrong', async () => {
  let damages = 0;
  let lost = 0;
  const first = Math.floor(Math.random() * 2 ** 31);
  for (let seed = first; seed < first + 1500; seed++) {
    const outcome = await tryDamage(seed, 1);
    assert.deepEqual(outcome.wrong, [], `seed ${seed}`);
    assert.ok(outcome.lost <= 4, `seed ${seed} lost ${outcome.lost} rows`);
    damages += outcome.damages;
    lost += outcome.lost;
  }
  assert.ok(lost <= 2 * damages, `${lost} rows lost to ${damages} damages`);
});

test('several damages cost no more each, and no other row is wrong', async () => {
  let damages = 0;
  let lost = 0;
  const first = Math.floor(Math.random() * 2 ** 31);
  for (let seed = first; seed < first + 800; seed++) {
    const outcome = await tryDamage(seed, 3);
    assert.deepEqual(outcome.wrong, [], `seed ${seed}`);
    damages += outcome.damages;
    lost += outcome.lost;
  }
  assert.ok(lost <= 2 * damages, `${lost} rows lost to ${damages} damages`);
});

async function tryDamage(seed: number, count: number) {
  const random = randomFrom(seed);
  const style = styleFrom(random);
  const rows = goodRows(random, 8 + Math.floor(random() * 30), style);
  const { text, damages, hit, hitLines } = damageRows(random, rows, style, count);
  const header = ['name', 'sku', 'description'].join(style.delimiter) + style.lineEnd;
  const { rows: stored } = await readRows([Buffer.from(header + text)], 'fast', style);
  const bySku = new Map(rows.map((row) => [row.sku, row]));
  const kept = new Set<string>();
  const wrong = stored.filter(({ line, name, sku, description }) => {
    const good = bySku.get(sku);
    if (good) kept.add(sku);
    const isRight = good && (hit.has(good) || (good.name === name && good.description === description));
    return !isRight && !hitLines.has(line);
  });
  return { damages, lost: rows.length - kept.size, wrong };
}

/** Text made of whatever has a meaning in CSV, or splits badly. */
const nastyText = fc
  .array(
    fc.oneof(
      fc.constantFrom('"', ',', '\r', '\n', '\r\n', '""', '",', ',"', '\n"', 'a,b,c\n', 'a,b,"c\nd"\n', 'x",y,z\r\n'),
      fc.constantFrom('a', 'word', 'a longer text', 'é', '😀', '\0', '\\.', ' ', ';', ', "'),
    ),
    { maxLength: 60 },
  )
  .map((parts) => Buffer.from(parts.join('')));
const places = fc.array(fc.nat(), { maxLength: 12 });
const dialects = fc.constantFrom(
  {},
  { skipInitialSpace: true },
  { quoting: 'NONE' as const },
  { quoting: 'NONE' as const, skipInitialSpace: true },
);

test('however a file is cut, both parsers find the same rows and rejections', async () => {
  await fc.assert(
    fc.asyncProperty(
      nastyText,
      places,
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(30, 60, 4_000_000),
      dialects,
      async (bytes, cuts, blockBytes, maxRecordBytes, dialect) => {
        const file = Buffer.concat([Buffer.from(HEADER), bytes]);
        const options = { ...dialect, maxRecordBytes };
        const whole = await outcomeOf(readRows([file], 'fast', options));
        const pieces = cutAt(file, cuts);
        assert.deepEqual(await outcomeOf(readRows(pieces, 'fast', { ...options, blockBytes })), whole);
        assert.deepEqual(await outcomeOf(readRows(pieces, 'csv-parse', options)), whole);
      },
    ),
    { numRuns: 2000 },
  );
});

async function outcomeOf(reading: Promise<ReadFile>): Promise<unknown> {
  return reading.catch((error: Error) => error.message);
}

test('every line is in one row or one rejection, or blank', async () => {
  await fc.assert(
    fc.asyncProperty(nastyText, dialects, async (bytes, dialect) => {
      const file = Buffer.concat([Buffer.from(HEADER), bytes]);
      const { rows, rejections } = await readRows([file], 'fast', dialect);
      const lines = file.toString('latin1').split(/\r\n|\n|\r/);
      assert.equal(lines.length, 1 + countLineEnds(file, 0, file.length));
      const owners = lines.map(() => 0);
      for (const { line, lineCount } of [...rows, ...rejections])
        for (let i = line; i < line + lineCount; i++) owners[i - 1]++;
      for (const [i, owned] of owners.entries())
        if (i > 0) assert.equal(owned === 0 && lines[i]?.trim() === '' ? 1 : owned, 1, `line ${i + 1}`);
    }),
    { numRuns: 2000 },
  );
});
