// A lane writes all rows that it was given, and may be idle for long afterwards.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createStaging, stagingTable } from '../../../src/db/imports/staging.ts';
import { BlockLoader } from '../../../src/ingest/lane/block-loader.ts';
import { BloomFilter } from '../../../src/ingest/lane/staging/bloom-filter.ts';
import { createTestDatabase } from '../../support/database/database.ts';

const MIB = 1024 * 1024;
const COLUMNS = { withAttributes: false, withRecord: false, withSuperseded: false };
const ROWS = 60_000;

test('a lane that has finished has written all rows, and keeps no memory for the next ones', async (t) => {
  const { sql } = await createTestDatabase(t, { max: 1 });
  const staging = { importId: randomUUID(), attempt: 1 };
  await createStaging(sql, staging, 1, COLUMNS);
  const loader = new BlockLoader(
    sql,
    {
      staging,
      databaseUrl: '',
      applicationName: '',
      layout: {
        columns: ['name', 'sku', 'description'],
        delimiter: 0x2c,
        quoting: 'STANDARD',
        skipInitialSpace: false,
        hasCodedBreaks: false,
        encoding: { name: 'utf-8', isMarked: false },
        nameIndex: 0,
        skuIndex: 1,
        descriptionIndex: 2,
        defaults: undefined,
        maxDescriptionLength: 1000,
        issueCodeIndex: undefined,
        hasVariantRows: false,
        keptColumns: undefined,
      },
      parser: 'fast',
      partitions: 1,
      columns: COLUMNS,
      skus: BloomFilter.memoryFor(ROWS),
      maxRecordBytes: MIB,
    },
    () => {},
  );
  const lines = Array.from({ length: ROWS }, (_, n) => `name,sku-${n},${'d'.repeat(100)}\n`);
  const bytes = new TextEncoder().encode(lines.join(''));
  const before = process.memoryUsage().arrayBuffers;
  await loader.load({ bytes, firstLine: 2, damaged: [], oversized: [] });
  assert.deepEqual(await loader.finish(), [ROWS]);
  const more = process.memoryUsage().arrayBuffers - before;
  assert.ok(more < 2 * MIB, `${more} bytes`);
  const [row] = await sql.unsafe(`SELECT count(*)::int AS rows FROM ${stagingTable(staging, 0)}`);
  assert.equal(row?.['rows'], ROWS);
});
