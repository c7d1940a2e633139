// Damage to a file only costs the rows that it hits, and no other row is stored wrong. For any bytes in any chunks,
// every line is accounted for, and both parsers agree.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countLineEndings } from '../../../../../src/ingest/read/text/line-endings.ts';
import { damageRows, goodRows, randomFrom, styleFrom } from '../../../../support/files/damaged-files.ts';
import { type ReadFile, readRows } from '../../../../support/files/read-rows.ts';
import { cutAt, readChunks } from '../../../../support/files/uploads.ts';

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

test('a single damage costs at most two rows on average and four at worst, and no other row is wrong', async () => {
  let damages = 0;
  let lost = 0;
  for (let seed = 0; seed < 300; seed++) {
    const outcome = await tryDamage(seed, 1);
    assert.deepEqual(outcome.wrong, [], `seed ${seed}`);
    assert.ok(outcome.lost <= 4, `seed ${seed} lost ${outcome.lost} rows`);
    damages += outcome.damages;
    lost += outcome.lost;
  }
  assert.ok(lost <= 2 * damages, `${lost} rows lost to ${damages} damages`);
});

test('several damages cost no more than that each, and no other row is wrong', async () => {
  let damages = 0;
  let lost = 0;
  for (let seed = 0; seed < 150; seed++) {
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

/** Text made of everything that has a meaning in CSV or is hard to split. */
const nastyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '"',
        ',',
        '\r',
        '\n',
        '\r\n',
        '""',
        '",',
        ',"',
        '\n"',
        'a,b,c\n',
        'a,b,"c\nd"\n',
        'x",y,z\r\n',
      ),
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

test('both parsers find the same rows and rejections in any chunks', async () => {
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
    { numRuns: 300 },
  );
});

test('a CR and an LF with spaces between them are two line endings with a blank line between them', async () => {
  const dialect = { quoting: 'NONE' as const, skipInitialSpace: true };
  for (const [rows, lines] of [
    ['"\r \n"', [2, 4]],
    ['x\r \n\ny', [2, 5]],
    [' \r \n x', [4]],
  ] as const) {
    const { rejections } = await read(rows, dialect);
    assert.deepEqual(
      rejections.map(({ line, code }) => [line, code]),
      lines.map((line) => [line, 'WRONG_FIELD_COUNT']),
    );
  }
});

/** A record of empty fields, or part of one. */
function isBlank(line: string): boolean {
  return /^[\0- ",]*$/.test(line);
}

async function outcomeOf(reading: Promise<ReadFile>): Promise<unknown> {
  return reading.catch((error: Error) => error.message);
}

test('every line is blank or belongs to exactly one row or rejection', async () => {
  await fc.assert(
    fc.asyncProperty(nastyText, dialects, async (bytes, dialect) => {
      const file = Buffer.concat([Buffer.from(HEADER), bytes]);
      const { rows, rejections } = await readRows([file], 'fast', dialect);
      const lines = file.toString('latin1').split(/\r\n|\n|\r/);
      assert.equal(lines.length, 1 + countLineEndings(file, 0, file.length));
      const owners: number[] = lines.map(() => 0);
      for (const { line, lineCount } of [...rows, ...rejections])
        for (let i = line; i < line + lineCount; i++) owners[i - 1] = (owners[i - 1] ?? 0) + 1;
      for (const [i, owned] of owners.entries())
        if (i > 0) assert.equal(owned || (isBlank(lines[i] ?? '') ? 1 : 0), 1, `line ${i + 1}`);
    }),
    { numRuns: 300 },
  );
});

/** Rows after a header, the SKUs that are read, and the rejections as line+lines and code. */
type Case = [what: string, rows: string, skus: string, rejections: string];

const SPANNING = 'M,m-1,"one\ntwo"\n';
const REST = 'R,r-1,x\nS,s-1,y\nT,t-1,z\n';
const REST_SKUS = 'r-1 s-1 t-1';

const DAMAGED: Case[] = [
  ['text after a closing quote', `B,b-1,"Best" shirt\n${REST}`, REST_SKUS, '2+1 UNBALANCED_QUOTE'],
  ['text after two closing quotes', `B,b-1,"a "nice" one\n${REST}`, REST_SKUS, '2+1 UNBALANCED_QUOTE'],
  ['a quote inside an unquoted field', `TV 24" flat,b-1,x\n${REST}`, REST_SKUS, '2+1 UNBALANCED_QUOTE'],
  ['a quote at the end of an unquoted field', `TV 24",b-1,x\n${REST}`, REST_SKUS, '2+1 UNBALANCED_QUOTE'],
  ['an unclosed quote in the first field', `"B,b-1,x\n${REST}`, REST_SKUS, '2+1 UNBALANCED_QUOTE'],
  ['an unclosed quote in the last field', `B,b-1,"x\n${REST}`, REST_SKUS, '2+1 UNBALANCED_QUOTE'],
  ['a field that is a single quote', `B,b-1,"\n${REST}`, REST_SKUS, '2+1 UNBALANCED_QUOTE'],
  [
    'a quote that closes some rows later',
    `B,b-1,"x\n${REST}U,",u-1\n`,
    REST_SKUS,
    '2+1 UNBALANCED_QUOTE, 6+1 UNBALANCED_QUOTE',
  ],
  ['damage in the last record, without a line end', `${REST}B,b-1,"x`, REST_SKUS, '5+1 UNBALANCED_QUOTE'],
  ['damage in lines that end with CR', `B,b-1,"Best" shirt\rR,r-1,x\r`, 'r-1', '2+1 UNBALANCED_QUOTE'],
  [
    'damage in lines that end with CRLF, then LF',
    `B,b-1,"x\r\nR,r-1,x\nS,s-1,x`,
    'r-1 s-1',
    '2+1 UNBALANCED_QUOTE',
  ],
  [
    'every second row damaged',
    `A 24",a-1,x\nB,b-1,y\nC 24",c-1,x\nD,d-1,y\n`,
    'b-1 d-1',
    '2+1 UNBALANCED_QUOTE, 4+1 UNBALANCED_QUOTE',
  ],
  [
    'every row damaged',
    `A 24",a-1,x\nB 24",b-1,y\nC,c-1,"x" y\n`,
    '',
    '2+1 UNBALANCED_QUOTE, 3+1 UNBALANCED_QUOTE, 4+1 UNBALANCED_QUOTE',
  ],
  ['a single quote on each line', '"\n"\n"\n', '', '2+3 UNBALANCED_QUOTE'],
  ['a quote opened twice', `""B",b-1,x\n${REST}`, REST_SKUS, '2+1 UNBALANCED_QUOTE'],
  ['a backslash before a quote', `B,b-1,"5\\" pipe"\n${REST}`, REST_SKUS, '2+1 UNBALANCED_QUOTE'],
  [
    'a multi-line field without its closing quote, with a line like a row',
    `${SPANNING}B,b-1,"one\na,b,c\nend\nC,c-1,"x\ny"\n${REST}`,
    // The row after it is almost as likely to be a part of it.
    `m-1 ${REST_SKUS}`,
    '4+5 UNBALANCED_QUOTE',
  ],
  [
    'a multi-line field without its opening quote, with a line like a row',
    `${SPANNING}B,b-1,one\na,b,c\nend"\n${REST}`,
    `m-1 ${REST_SKUS}`,
    '4+3 UNBALANCED_QUOTE',
  ],
  [
    'a quote inside a multi-line field',
    `${SPANNING}B,b-1,"one\na "big" two\nend"\n${REST}`,
    `m-1 ${REST_SKUS}`,
    '4+3 UNBALANCED_QUOTE',
  ],
  [
    'an extra delimiter after a multi-line field',
    `B,"one\ntwo",b-1,x\n${REST}`,
    REST_SKUS,
    '2+2 WRONG_FIELD_COUNT',
  ],
  [
    'a missing field followed by an extra one, in a file with multi-line fields',
    `A,a-1,"two\nlines"\nG,g-1,x\nB,b-1\nC,c-1,x,y\nD,d-1,a "quote" inside\n${REST}`,
    `a-1 g-1 ${REST_SKUS}`,
    '5+1 WRONG_FIELD_COUNT, 6+1 WRONG_FIELD_COUNT, 7+1 UNBALANCED_QUOTE',
  ],
  ['a NUL in it', `B,b-1,"a\0b" c\n${REST}`, REST_SKUS, '2+1 NUL_CHARACTER'],
  ['a NUL after a closing quote', `B,b-1,"a"\0\n${REST}`, REST_SKUS, '2+1 NUL_CHARACTER'],
  [
    'a byte order mark within the file',
    `R,r-1,x\n\ufeff"S",s-1,y\nB,b-1,"x" y\nT,t-1,z\n`,
    REST_SKUS,
    '4+1 UNBALANCED_QUOTE',
  ],
];

/** Typical pollution of real files: harmless content is read, and damage only costs its own lines. */
const POLLUTED: Case[] = [
  ['commas, quotes and lines in quotes', '"a,b",q-1,"say ""hi""\nto all"\r\n', 'q-1', ''],
  ['empty fields, quoted or not', 'a,q-1,\nb,q-2,""\n', 'q-1 q-2', ''],
  ['a JSON value', 'a,q-1,"{""x"": [1, 2]}"\n', 'q-1', ''],
  ['JSON with unescaped quotes', `a,q-1,"{"x": [1, 2]}"\n${REST}`, REST_SKUS, '2+1 UNBALANCED_QUOTE'],
  ['a row with a missing field', `a,q-1\n${REST}`, REST_SKUS, '2+1 WRONG_FIELD_COUNT'],
  ['a row with an extra field', `a,q-1,x,y\n${REST}`, REST_SKUS, '2+1 WRONG_FIELD_COUNT'],
  ['a different delimiter in one row', `a;q-1;x\n${REST}`, REST_SKUS, '2+1 WRONG_FIELD_COUNT'],
  ['a different quotation mark in one row', `'a',q-1,'x, y'\n${REST}`, REST_SKUS, '2+1 WRONG_FIELD_COUNT'],
  ['two rows on one line', `a,q-1,xb,q-2,y\n${REST}`, REST_SKUS, '2+1 WRONG_FIELD_COUNT'],
  [
    'a row split over two lines',
    `a,q\n-1,x\n${REST}`,
    REST_SKUS,
    '2+1 WRONG_FIELD_COUNT, 3+1 WRONG_FIELD_COUNT',
  ],
  [
    'a table below the first',
    `a,q-1,x\n\nprices\nq-1,5\n${REST}`,
    `q-1 ${REST_SKUS}`,
    '4+1 WRONG_FIELD_COUNT, 5+1 WRONG_FIELD_COUNT',
  ],
  ['a note at the end', `a,q-1,x\nSource: "us"\n`, 'q-1', '3+1 UNBALANCED_QUOTE'],
];

for (const [what, rows, wanted, rejected] of [...DAMAGED, ...POLLUTED]) {
  test(`${what}: other rows are read, and rejections have the right lines`, async () => {
    const found = await read(rows);
    assert.deepEqual([skus(found), faults(found)], [wanted, rejected]);
  });
}

test('an unclosed quote only costs its own line in a file of any size', async () => {
  // Fewer and more bytes than a record may have.
  for (const count of [20_000, 100_000]) {
    const rows = Array.from({ length: count }, (_, i) => `N,s-${i},text\n`);
    const file = [Buffer.from(`${HEADER}A,a-1,"open\n`), Buffer.from(rows.join(''))];
    const found = await readRows(file, 'fast', { maxRecordBytes: 512 * 1024 });
    assert.deepEqual([found.rows.length, faults(found)], [count, '2+1 UNBALANCED_QUOTE']);
  }
});

test('the message of a rejected record says how many lines it spans', async () => {
  const { rejections } = await read(`${SPANNING}B,b-1,"one\na "big" two\nend"\n${REST}`);
  assert.match(rejections[0]?.message ?? '', /The record spans 3 lines\./);
  const [one] = (await read(`B,b-1,"Best" shirt\n${REST}`)).rejections;
  assert.doesNotMatch(one?.message ?? '', /holds/);
});

test('hostile quotes are handled in linear time', async () => {
  const lines = ['"\n', 'a"\n', '5",x,"y\n', 'a,b,"c\n', '"a","b,"",c\n', '"""\n', ',"\n",\n', 'a,""b,c\n'];
  for (const line of lines) {
    // CPU time, so that other processes do not count.
    const time = async (bytes: number) => {
      const file = Buffer.from(HEADER + line.repeat(bytes / line.length));
      const begun = process.cpuUsage();
      await readRows([file], 'fast');
      const { user, system } = process.cpuUsage(begun);
      return (user + system) / 1000;
    };
    const small = await time(32 * 1024);
    const large = await time(256 * 1024);
    // Linear time would be 8 times as much, quadratic time 64 times.
    assert.ok(large < 25 * small + 250, `${JSON.stringify(line)}: ${small} ms, then ${large} ms`);
  }
});

test('recovery from an unclosed quote lets the event loop have its turn every few milliseconds', async () => {
  const lines = ['\n', '\r', 'a\n', ',\n', '"\n', 'a,b,c\n', 'a,b,x"y\n'];
  for (const line of lines) {
    let turns = 0;
    let isReading = true;
    const takeTurn = () => {
      turns++;
      if (isReading) setImmediate(takeTurn);
    };
    setImmediate(takeTurn);
    // In one chunk, so that only the recovery can pause.
    const file = Buffer.from(`${HEADER}A,a-1,"open\n${line.repeat(100_000)}`);
    // CPU time of this thread: a turn comes sooner, not later, where other processes take their share.
    const begun = process.threadCpuUsage();
    await readChunks([file]).catch(() => {});
    isReading = false;
    const { user, system } = process.threadCpuUsage(begun);
    const milliseconds = (user + system) / 1000;
    assert.ok(turns >= milliseconds / 16, `${JSON.stringify(line)}: ${turns} turns in ${milliseconds} ms`);
  }
});

test('spaces before quotes are read with skipInitialSpace, which is suggested where it helps', async () => {
  const [strict] = (await read(`A, a-1, "x, y"\n${REST}`)).rejections;
  assert.match(strict?.message ?? '', /option `skipInitialSpace`/);
  const rows = 'A, a-1, "x, y"\n"B" ,b-1,x\nC,\t "c-1", "two\nlines"\n';
  const found = await read(rows, { skipInitialSpace: true });
  assert.deepEqual(
    found.rows.map(({ name, sku, description }) => [name, sku, description]),
    [
      ['A', 'a-1', 'x, y'],
      ['C', 'c-1', 'two\nlines'],
    ],
  );
  assert.equal(faults(found), '3+1 UNBALANCED_QUOTE');
  assert.doesNotMatch(found.rejections[0]?.message ?? '', /skipInitialSpace/);
});

test('text without quoting is read with quoting NONE, which is suggested where it helps', async () => {
  const rows = 'Pipe\tp-1\t5" pipe\n"A\ta-1\t"x" y\nB\tb-1\t"\n';
  const read = (options: object) =>
    readRows([Buffer.from(HEADER.replaceAll(',', '\t') + rows)], 'csv-parse', options);
  const strict = await read({});
  for (const { message } of strict.rejections) assert.match(message, /option `quoting: NONE`/);
  assert.ok(strict.rejections.length > 0);
  const found = await read({ quoting: 'NONE' });
  assert.deepEqual(
    found.rows.map(({ name, sku, description }) => [name, sku, description]),
    [
      ['Pipe', 'p-1', '5" pipe'],
      ['"A', 'a-1', '"x" y'],
      ['B', 'b-1', '"'],
    ],
  );
  assert.deepEqual(found.rejections, []);
  const commas = await readRows([Buffer.from(`${HEADER}Pipe,p-1,5" pipe\n`)], 'fast');
  assert.doesNotMatch(commas.rejections[0]?.message ?? '', /quoting/);
});
