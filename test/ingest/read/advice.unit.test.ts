// Following the advice in the reader's messages makes the file readable.

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { LoadstoneError } from '../../../src/errors.ts';
import { FastParser } from '../../../src/ingest/lane/parsers/fast-parser.ts';
import { parseBlock } from '../../../src/ingest/lane/parsers/parse-block.ts';
import { openBlockReader } from '../../../src/ingest/read/block-reader.ts';
import type { Dialect } from '../../../src/ingest/read/dialect.ts';
import { collect, temporarySpool } from '../../support/files/uploads.ts';
import { zipOf } from '../../support/files/zip.ts';

const HEADER = 'name,sku,description\n';
const ROWS = 'Größe,a-1,x\n';
const GOOD = HEADER + ROWS;

interface Outcome {
  /** Messages of the import, or of its rejected rows. */
  messages: string[];
  rows: number;
}

/** The file, and the options with which it is read. */
type Attempt = [file: string | Buffer, dialect?: Dialect, maxRecordBytes?: number];

interface Case {
  what: string;
  attempt: Attempt;
  advice: RegExp;
  /** An attempt for each alternative in the advice. */
  followed: Attempt[];
}

const latin1 = Buffer.from(GOOD, 'latin1');
const LATIN1_HEADER = Buffer.from('größe,name,sku,description\n1,a,b,c\n', 'latin1');
const utf32 = Buffer.from(Uint32Array.from(GOOD, (character) => character.codePointAt(0) ?? 0).buffer);
const utf16 = Buffer.from(GOOD, 'utf16le');
const LONG = `${HEADER}A,b,${'x'.repeat(2000)}\n`;

const SPACED = '"name", "sku", "description"\nA, a-1, "x, y"\n';
const SPACED_ROW = `${HEADER}A, "a-1", "x, y"\n`;
const TABS = HEADER.replaceAll(',', '\t');

const CASES: Case[] = [
  {
    what: 'spaces before the quotes of a header',
    attempt: [SPACED],
    advice: /Set the option `skipInitialSpace` to true/,
    followed: [[SPACED, { skipInitialSpace: true }]],
  },
  {
    what: 'spaces before the quotes of a row',
    attempt: [SPACED_ROW],
    advice: /set the option `skipInitialSpace` to true/,
    followed: [[SPACED_ROW, { skipInitialSpace: true }]],
  },
  {
    what: 'quotes in text without quoting',
    attempt: [`${TABS}Pipe\tp-1\t5" pipe\n`],
    advice: /option `quoting: NONE`/,
    followed: [[`${TABS}Pipe\tp-1\t5" pipe\n`, { quoting: 'NONE' }], [`${TABS}Pipe\tp-1\t"5"" pipe"\n`]],
  },
  {
    what: 'text after a closing quote',
    attempt: [`${HEADER}A,a-1,"Best" shirt\n`],
    advice: /Double the quotes that belong to the text/,
    followed: [[`${HEADER}A,a-1,"""Best"" shirt"\n`]],
  },
  {
    what: 'an empty file',
    attempt: [' \n'],
    advice: /Send a CSV file whose first line names the columns "name", "sku", "description"/,
    followed: [[GOOD]],
  },
  {
    what: 'UTF-16 without a byte order mark',
    attempt: [utf16],
    advice: /Set the option encoding to utf-16le, or save the file as UTF-8/,
    followed: [[utf16, { encoding: 'utf-16le' }], [GOOD]],
  },
  {
    what: 'UTF-32 without a byte order mark',
    attempt: [utf32],
    advice: /Set the option encoding to utf-32le, or save the file as UTF-8/,
    followed: [[utf32, { encoding: 'utf-32le' }], [GOOD]],
  },
  {
    what: 'a header that is not UTF-8',
    attempt: [LATIN1_HEADER],
    advice: /option encoding to the encoding of the file, such as windows-1252, or save the file as UTF-8/,
    followed: [[LATIN1_HEADER, { encoding: 'windows-1252' }], [LATIN1_HEADER.toString('latin1')]],
  },
  {
    what: 'rows that are not UTF-8',
    attempt: [latin1],
    advice: /set the option `encoding`; otherwise correct them in the file/,
    followed: [[latin1, { encoding: 'windows-1252' }], [GOOD]],
  },
  {
    what: 'rows that are not in the encoding named',
    attempt: [Buffer.from(`${HEADER}\xff,a-1,x\n`, 'latin1'), { encoding: 'shift_jis' }],
    advice: /not valid shift_jis\. .*option `encoding`/,
    followed: [[Buffer.from(`${HEADER}\xff,a-1,x\n`, 'latin1'), { encoding: 'latin1' }]],
  },
  {
    what: 'rows that are not UTF-8 in a file with its byte order mark',
    attempt: [Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), latin1])],
    advice: /not valid UTF-8\. Correct them in the file\.$/,
    followed: [[`\ufeff${GOOD}`]],
  },
  {
    what: 'a damaged header after a byte order mark',
    attempt: [Buffer.from(`\ufeff\ud800,${GOOD}`, 'utf16le')],
    advice: /Save the file again as UTF-8/,
    followed: [[GOOD]],
  },
  {
    what: 'an unknown encoding',
    attempt: [GOOD, { encoding: 'klingon' }],
    advice: /Use one such as utf-8, utf-16le, .*; omit it for UTF-8/,
    followed: [[GOOD], [GOOD, { encoding: 'utf-8' }], [utf16, { encoding: 'utf-16le' }]],
  },
  {
    what: 'a delimiter of two characters',
    attempt: [GOOD, { delimiter: '||' }],
    advice: /one ASCII character, such as a comma, semicolon, tab or \|/,
    followed: [',', ';', '\t', '|'].map((delimiter) => [GOOD.replaceAll(',', delimiter), { delimiter }]),
  },
  {
    what: 'another delimiter',
    attempt: [GOOD.replaceAll(',', '^')],
    advice: /Set the option delimiter to "\^"\./,
    followed: [[GOOD.replaceAll(',', '^'), { delimiter: '^' }]],
  },
  {
    what: 'another delimiter than the one named',
    attempt: [GOOD, { delimiter: ';' }],
    advice: /Remove the option delimiter, or set it to ","/,
    followed: [[GOOD], [GOOD, { delimiter: ',' }]],
  },
  {
    what: 'UTF-8 declared as UTF-16, and invalid as such',
    attempt: [GOOD, { encoding: 'utf-16le' }],
    advice: /Remove the option encoding if the file is UTF-8, or set it to the right encoding/,
    followed: [[GOOD], [GOOD, { encoding: 'utf-8' }]],
  },
  {
    what: 'UTF-8 declared as UTF-16, and valid as such',
    attempt: [`${HEADER.replace('name', 'name ')}Grosse,a-12,x\n`, { encoding: 'utf-16le' }],
    advice: /If that is wrong, remove the option encoding, or set it to the right encoding/,
    followed: [[GOOD], [GOOD, { encoding: 'utf-8' }]],
  },
  {
    what: 'columns with other names',
    attempt: [GOOD.replace('sku', 'SKU Code')],
    advice: /rename the column that holds it: "SKU Code" to "sku"/,
    followed: [[GOOD]],
  },
  {
    what: 'no header',
    attempt: [ROWS],
    advice: /first line of the file must be a header with the columns "name", "sku", "description"/,
    followed: [[GOOD]],
  },
  {
    what: 'a duplicate column',
    attempt: [`SKU,${HEADER}1,${ROWS}`],
    advice: /Keep one, and remove or rename the others/,
    followed: [[GOOD], [`SKU 2,${HEADER}1,${ROWS}`]],
  },
  {
    what: 'a quote in the header',
    attempt: [`5" pipe,${HEADER}1,${ROWS}`],
    advice: /Enclose a name that contains quotes in quotes, and double the quotes inside it/,
    followed: [[`"5"" pipe",${HEADER}1,${ROWS}`]],
  },
  {
    what: 'a header that is too long',
    attempt: ['x'.repeat(70_000) + GOOD],
    advice: /first line must contain the column names and nothing else/,
    followed: [[GOOD]],
  },
  {
    what: 'a record that is too long',
    attempt: [LONG, {}, 1024],
    advice: /Shorten it, or raise MAX_RECORD_BYTES on the server/,
    followed: [[GOOD, {}, 1024], [LONG]],
  },
  {
    what: 'a delimiter inside a field',
    attempt: [`${HEADER}A,b,c, d\n`],
    advice: /needs quotes around it/,
    followed: [[`${HEADER}A,b,"c, d"\n`]],
  },
  {
    what: 'a tar archive',
    attempt: [Buffer.concat([Buffer.alloc(257, 'a'), Buffer.from('ustar\0'), Buffer.alloc(400)])],
    advice: /Send the CSV file in it, plain or as gzip, zstd or zip/,
    followed: [
      [GOOD],
      [gzipSync(GOOD)],
      [zstdCompressSync(GOOD)],
      [zipOf({ name: 'a.csv', content: Buffer.from(GOOD) })],
    ],
  },
  {
    what: 'a file compressed twice',
    attempt: [gzipSync(zstdCompressSync(GOOD))],
    advice: /Unpack it once/,
    followed: [[zstdCompressSync(GOOD)]],
  },
];

for (const { what, attempt, advice, followed } of CASES) {
  test(`the advice for ${what} works`, async (t) => {
    const { messages, rows } = await read(t, attempt);
    assert.match(messages.join('\n'), advice);
    assert.equal(rows, 0);
    for (const better of followed) assert.deepEqual(await read(t, better), { messages: [], rows: 1 });
  });
}

async function read(
  t: TestContext,
  [file, dialect = {}, maxRecordBytes = 4 << 20]: Attempt,
): Promise<Outcome> {
  const { spool } = await temporarySpool(t);
  await spool.write('upload', Readable.from([Buffer.from(file)]));
  try {
    const reader = await openBlockReader(spool, 'upload', { ...dialect, maxRecordBytes });
    const { header, encoding } = reader;
    const outcome: Outcome = { messages: [], rows: 0 };
    const layout = { ...dialect, ...header, encoding, maxDescriptionLength: 10_000 };
    const parser = new FastParser(layout);
    const sink = {
      accept: () => outcome.rows++,
      reject: ({ message }: { message: string }) => outcome.messages.push(message),
      isFull: false,
    };
    for (const block of await collect(reader)) {
      for (const _ of parseBlock(block, parser, layout, maxRecordBytes, sink));
    }
    return outcome;
  } catch (error) {
    if (!(error instanceof LoadstoneError)) throw error;
    return { messages: [error.message], rows: 0 };
  }
}
