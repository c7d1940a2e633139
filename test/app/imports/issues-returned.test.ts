// The issues of an import are downloaded and sent back. Unedited, all are rejected again and nothing changes. With some
// rows repaired, exactly those become products, with exactly the values of the first file.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import type { ImportState } from '../../../src/cli/client/loadstone-client.ts';
import { expectCatalogue } from '../../support/imports/catalogue.ts';
import { CatalogueModel } from '../../support/imports/catalogue-model.ts';
import { importAndWait } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../../support/server/server.ts';

const LIMITS = { maxRecordBytes: 40_000, maxDescriptionLength: 20_000 };

/** Headers with extra columns, some with the same names as the columns of a download. */
const HEADERS = [
  ['name', 'sku', 'description'],
  ['Description', 'price', 'SKU', 'Name'],
  ['line', 'sku', 'code', 'name', 'record', 'description'],
  ['message', 'name', 'sku', 'description', 'Line'],
  ['name', 'sku', 'description', 'line', 'code', 'message', 'record'],
  ['sku', 'name', 'description', '=x', '', "'-y"],
];

const BETWEEN = 4;
const PLAIN = { name: 'Zoe', description: 'fine', fault: undefined };

type Values = { sku: string; name: string; description: string };

/** A row of the first file: its fault, if any, and the values its columns should have. */
interface FileRow extends Values {
  fault: keyof typeof FAULTS | undefined;
}

/** How to make a record faulty: by replacing fields or by changing its bytes. */
const FAULTS = {
  blankSku: { fields: { sku: '' } },
  tabSku: { fields: { sku: '\t' } },
  blankName: { fields: { name: ' \u00a0' } },
  longSku: { fields: { sku: `=${'s'.repeat(256)}` } },
  longName: { fields: { name: 'n'.repeat(513) } },
  longDescription: { fields: { description: 'd'.repeat(20_001) } },
  cutBlankSku: { fields: { sku: '', description: 'd'.repeat(15_000) } },
  tooFew: { bytes: (record: Buffer, delimiter: string) => record.subarray(0, record.lastIndexOf(delimiter)) },
  tooMany: {
    bytes: (record: Buffer, delimiter: string) => Buffer.concat([record, Buffer.from(`${delimiter}more`)]),
  },
  stray: {
    bytes: (record: Buffer, delimiter: string) => Buffer.concat([record, Buffer.from(`${delimiter}5" x`)]),
  },
  notUtf8: { bytes: (record: Buffer) => Buffer.concat([Buffer.from([0x43, 0xe9]), record]) },
  nul: { bytes: (record: Buffer) => Buffer.concat([Buffer.from('a\0'), record]) },
  oversized: { bytes: (record: Buffer) => Buffer.concat([Buffer.from('x'.repeat(41_000)), record]) },
  cut: {
    bytes: (record: Buffer, delimiter: string) =>
      Buffer.concat([record, Buffer.from(`${delimiter}${'é'.repeat(6_000)}`)]),
  },
} satisfies Record<
  string,
  { fields: Partial<Values> } | { bytes: (record: Buffer, delimiter: string) => Buffer }
>;

const value = fc.oneof(
  fc.constantFrom('=1+1', "'=1", "''-x", '-5 °C', "'", "it's", '@a', '＝1', "'＋1", '\tx', '\rx', "'\tx"),
  fc.constantFrom('a "q" b', '"', 'two\nlines', 'cr\ronly', ' padded ', 'a,b;c\td', '\ufffd', '  '),
  fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => text.replaceAll(/[\0\ufeff]|\p{Cs}/gu, '')),
);
const row = fc.record({
  prefix: fc.constantFrom('s', '=', "'=", '-', ' ', '"', 'ü'),
  name: value.map((text) => `${text}n`),
  description: value,
  fault: fc.option(fc.constantFrom(...(Object.keys(FAULTS) as (keyof typeof FAULTS)[])), {
    freq: 3,
    nil: undefined,
  }),
  /** Whether an earlier row of the file has the same SKU. */
  isRepeated: fc.boolean(),
  isRepaired: fc.boolean(),
});

test('issues sent back unedited change nothing, and only repaired rows become products', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, ...LIMITS });
  const model = new CatalogueModel();
  let run = 0;

  async function roundTrip(
    header: string[],
    delimiter: string,
    rows: (typeof row extends fc.Arbitrary<infer R> ? R : never)[],
  ): Promise<void> {
    run++;
    const file: FileRow[] = rows.map(({ prefix, name, description, fault }, index) => ({
      sku: `${prefix}${run}-${index}`,
      name,
      description,
      fault,
    }));
    const repeated = file.filter((_, index) => rows[index]?.isRepeated && !rows[index]?.fault);
    const older = repeated.map((each) => ({ ...each, name: '=old', description: '' }));
    // Enough consecutive good rows for the recovery from a bad record to be certain.
    const between = file.map((_, index) =>
      Array.from({ length: BETWEEN }, (_, at) => ({ ...PLAIN, sku: `z${run}-${index}-${at}` })),
    );
    const plain = between.flat();
    const all = [...older, ...file.flatMap((each, index) => [...(between[index] ?? []), each])];
    const bytes = fileOf(header, delimiter, all);
    const first = await importAndWait(server.url, bytes, { delimiter });
    const bad = file.filter(({ fault }) => fault);
    assert.deepEqual(ledgerOf(first), {
      superseded: older.length,
      rejected: bad.length,
      written: plain.length + file.length - bad.length,
    });
    for (const { sku, name, description, fault } of [...plain, ...file])
      if (!fault) model.products.set(sku, { name, description });
    await expectCatalogue(server, model);
    if (bad.length === 0) return;

    const both = await download(first, '?kind=ALL', delimiter);
    const untouched = await importAndWait(server.url, both.bytes);
    assert.deepEqual(ledgerOf(untouched), { superseded: older.length, rejected: bad.length, written: 0 });
    await expectCatalogue(server, model);

    // From the issues of the first file, and from the issues of the downloads sent back.
    for (const [index, source] of [first, untouched].entries()) {
      const rejected = await download(source, '', delimiter);
      assert.equal(rejected.rows.length, bad.length);
      const chosen = bad.filter((each) => rows[file.indexOf(each)]?.isRepaired === (index === 0));
      for (const each of chosen) {
        const cells = rejected.rows[bad.indexOf(each)] as string[];
        repair(cells, rejected.header, each);
        model.products.set(each.sku, { name: each.name, description: each.description });
      }
      const repaired = stringify([rejected.header, ...rejected.rows], { delimiter, bom: index === 0 });
      const again = await importAndWait(server.url, repaired);
      assert.deepEqual(ledgerOf(again), {
        superseded: 0,
        rejected: bad.length - chosen.length,
        written: chosen.length,
      });
      await expectCatalogue(server, model);
    }
  }

  const delimiters = fc.constantFrom(',', ';', '\t');
  for (const header of HEADERS) {
    await fc.assert(
      fc.asyncProperty(delimiters, fc.array(row, { minLength: 10, maxLength: 25 }), (delimiter, rows) =>
        roundTrip(header, delimiter, rows),
      ),
      { numRuns: 1, endOnFailure: true },
    );
  }
});

/** Fills in missing values, as a person reading the `record` column would; values already in columns stay unchanged. */
function repair(cells: string[], header: string[], wanted: Values): void {
  const isEmpty = Object.keys(wanted).every(
    (name) => name === 'fault' || cells[indexIn(header, name)] === '',
  );
  const fault = FAULTS[(wanted as FileRow).fault as keyof typeof FAULTS];
  const faulty = isEmpty || !('fields' in fault) ? ['sku', 'name', 'description'] : Object.keys(fault.fields);
  for (const name of faulty) {
    // Written as the download would write it.
    const typed = wanted[name as keyof Values];
    cells[indexIn(header, name)] = /^'*[=+\-@\t\r＝＋－＠]/.test(typed) ? `'${typed}` : typed;
  }
}

function indexIn(header: string[], name: string): number {
  return header.findIndex((column) => column.toLowerCase() === name);
}

function fileOf(header: string[], delimiter: string, rows: FileRow[]): Buffer {
  const options = { delimiter, record_delimiter: '\n' as const, quoted: true };
  const lines = rows.map((each) => {
    const fault = each.fault && FAULTS[each.fault];
    const { sku, name, description } = each;
    const values: Record<string, string> = {
      sku,
      name,
      description,
      ...(fault && 'fields' in fault && fault.fields),
    };
    const cells = header.map((column, index) => values[column.toLowerCase()] ?? `${column}${index}`);
    // Around quoted fields, text put before or after the record would be a different fault.
    const plain = cells.map((cell) => cell.replaceAll(/["\r\n,;\t]/g, ' '));
    if (!fault || 'fields' in fault) return Buffer.from(stringify([cells], options));
    const record = Buffer.from(plain.join(delimiter));
    return Buffer.concat([fault.bytes(record, delimiter), Buffer.from('\n')]);
  });
  return Buffer.concat([Buffer.from(stringify([header], options)), ...lines]);
}

function ledgerOf({ status, error, rows }: ImportState) {
  assert.equal(status, 'COMPLETED', JSON.stringify(error));
  const { superseded, rejected, inserted, updated, unchanged } = rows;
  return { superseded, rejected, written: inserted + updated + unchanged };
}

async function download({ issuesUrl }: ImportState, query: string, delimiter: string) {
  const response = await fetch(`${issuesUrl}${query}`);
  assert.equal(response.status, 200);
  const bytes = Buffer.from(await response.arrayBuffer());
  assert.deepEqual([...bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf]);
  const [header = [], ...rows] = parse(bytes, { bom: true, delimiter }) as string[][];
  return { bytes, header, rows };
}
