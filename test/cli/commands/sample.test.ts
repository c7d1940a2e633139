// The sample is a file with the shape of a real catalogue, and identical on every machine.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { sampleChunks } from '../../../src/cli/sample/sample-rows.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';
import { runCommand, startCommand } from '../support.ts';

const COLUMNS = ['name', 'sku', 'description'] as const;
/** Name and SKU as they are, and a description that is quoted if it has several lines. */
const RECORD = /^([^,"\n]*),([^,"\n]*),(?:"([^,"]*)"|([^,"\n]*))$/;
const SHA256_OF_1000_ROWS = '62b3d8bfa0e150a42c98da78dda5115ec659ef30dbdf44dd7794d04835c9d663';

test('half a million rows have the shape of a real catalogue', async () => {
  const chunks = [...sampleChunks(500_000)].map(({ bytes }) => bytes);
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const lines = chunks.reduce((sum, chunk) => sum + countOf(chunk, '\n'), 0);
  const carriageReturns = chunks.reduce((sum, chunk) => sum + countOf(chunk, '\r'), 0);
  const quotes = chunks.reduce((sum, chunk) => sum + countOf(chunk, '"'), 0);
  assert.equal(chunks[0]?.toString('latin1', 0, 22), 'name,sku,description\r\n');
  near(bytes, 90e6, 0.02);
  near(lines, 860_000, 0.02);

  const skus = new Map<string, number>();
  const names = new Map<string, number>();
  const lengths = { name: 0, sku: 0, description: 0 };
  const longest = { name: 0, sku: 0, description: 0 };
  let rows = 0;
  let multiLine = 0;
  for (const record of recordsOf(chunks)) {
    const [, name = '', sku = '', text, line = ''] = RECORD.exec(record) ?? assert.fail(record);
    const row = { name, sku, description: text ?? line };
    rows++;
    skus.set(row.sku, (skus.get(row.sku) ?? 0) + 1);
    names.set(row.name, (names.get(row.name) ?? 0) + 1);
    if (row.description.includes('\n')) multiLine++;
    for (const column of COLUMNS) {
      lengths[column] += row[column].length;
      longest[column] = Math.max(longest[column], row[column].length);
    }
  }

  assert.equal(rows, 500_000);
  assert.equal(carriageReturns, rows + 1, 'only records end in CRLF');
  assert.equal(quotes, 2 * multiLine, 'only what holds a newline is quoted');
  near(multiLine / rows, 0.6, 0.1);
  near(skus.size, 466_693, 0.005);
  near(mostFrequent(skus)[1], 330, 0.1);
  near(names.size, 222_024, 0.02);
  const [name, count] = mostFrequent(names);
  assert.equal(name, 'Michael Smith');
  near(count, 247, 0.1);
  near(lengths.name / rows, 13, 0.05);
  near(lengths.sku / rows, 16, 0.05);
  near(lengths.description / rows, 146, 0.02);
  near(longest.name, 30, 0.1);
  assert.deepEqual([longest.sku, longest.description], [19, 199]);
});

test('the same seed and number of rows produce the same bytes, another seed different ones', async (t) => {
  const first = await runCommand(t, 'sample', ['--rows', '1000', '--out', '-']);
  const other = await runCommand(t, 'sample', ['--rows', '1000', '--out', '-', '--seed', '2']);
  assert.equal(sha256(first.stdout), SHA256_OF_1000_ROWS);
  assert.notEqual(sha256(other.stdout), SHA256_OF_1000_ROWS);
});

test('the file extension selects the compression, and an existing file is replaced', async (t) => {
  const folder = await createTemporaryFolder(t);
  const file = (name: string) => join(folder, name);
  await writeFile(file('plain.csv'), 'something else');
  for (const name of ['plain.csv', 'packed.csv.gz', 'packed.csv.zst']) {
    const { status, stdout } = await runCommand(t, 'sample', ['--rows', '1000', '--out', file(name)]);
    assert.equal(status, 0);
    assert.match(stdout, /^1,000 products in /);
  }
  assert.equal(sha256(await readFile(file('plain.csv'))), SHA256_OF_1000_ROWS);
  assert.equal(sha256(gunzipSync(await readFile(file('packed.csv.gz')))), SHA256_OF_1000_ROWS);
  assert.equal(sha256(zstdDecompressSync(await readFile(file('packed.csv.zst')))), SHA256_OF_1000_ROWS);
  assert.deepEqual((await readdir(folder)).sort(), ['packed.csv.gz', 'packed.csv.zst', 'plain.csv']);
});

test('Ctrl-C leaves no partial file', async (t) => {
  const folder = await createTemporaryFolder(t);
  const out = join(folder, 'large.csv.gz');
  const command = startCommand(t, 'sample', ['--rows', '100000000', '--out', out]);
  await once(command.process.stderr, 'data');
  command.process.kill('SIGINT');
  assert.equal((await command.finished).status, 130);
  assert.deepEqual(await readdir(folder), []);
});

test('it exits silently when its reader closes the pipe', async (t) => {
  const command = startCommand(t, 'sample', ['--rows', '1000000', '--out', '-']);
  await once(command.process.stdout, 'data');
  command.process.stdout.destroy();
  assert.equal((await command.finished).status, 0);
});

test('invalid arguments are reported', async (t) => {
  const folder = await createTemporaryFolder(t);
  const calls: [string[], number, RegExp][] = [
    [[], 2, /--out FILE/],
    [['--out', 'x', '--rows', 'many'], 2, /--rows must be a whole number .* not "many"/],
    [['--out', 'x', '--seed', '-1'], 2, /--seed/],
    [['--out', 'x', '--colour', 'red'], 2, /--colour/],
    [['--out', join(folder, 'missing', 'x.csv')], 1, /There is no folder/],
    [['--out', folder], 1, /is a folder/],
  ];
  for (const [args, status, message] of calls) {
    const finished = await runCommand(t, 'sample', args);
    assert.match(finished.stderr, message);
    assert.equal(finished.status, status);
    assert.doesNotMatch(finished.stderr, /\n {4}at /, 'no stack trace');
  }
  const help = await runCommand(t, 'sample', ['--help']);
  assert.match(help.stdout, /--rows N/);
  assert.equal(help.status, 0);
});

/** The records after the header: CRLF ends each, and is nowhere else. */
function* recordsOf(chunks: Buffer[]): Generator<string> {
  let rest = '';
  let isHeader = true;
  for (const chunk of chunks) {
    const records = (rest + chunk.toString()).split('\r\n');
    rest = records.pop() ?? '';
    yield* isHeader ? records.slice(1) : records;
    isHeader = false;
  }
  assert.equal(rest, '');
}

function near(value: number, expected: number, share: number): void {
  const within = Math.abs(value - expected) <= expected * share;
  assert.ok(within, `${value} is not within ${share * 100}% of ${expected}`);
}

function mostFrequent(counts: Map<string, number>): [string, number] {
  let most: [string, number] = ['', 0];
  for (const entry of counts) if (entry[1] > most[1]) most = entry;
  return most;
}

function countOf(bytes: Buffer, character: string): number {
  const code = character.charCodeAt(0);
  let count = 0;
  for (let at = bytes.indexOf(code); at >= 0; at = bytes.indexOf(code, at + 1)) count++;
  return count;
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
