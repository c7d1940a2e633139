// What the lanes of an import are to do: how its file is read, and where its rows are staged.

import type { ImportRecord } from '../../db/imports/import-record.ts';
import type { StagedColumns, Staging } from '../../db/imports/staging.ts';
import { isReplaceable } from '../../db/merge/first-load/replaceable-tables.ts';
import { applicationName, type Database } from '../../db/postgres/connection/database.ts';
import type { Pool } from '../../db/postgres/connection/pool.ts';
import type { FieldDefaults } from '../../db/tables.ts';
import type { BlockReader } from '../read/block-reader.ts';
import type { Format } from '../read/format/detect-format.ts';
import { issueCodeIndex } from '../read/header/issue-columns.ts';
import { hasVariantRows } from '../read/header/shop-columns.ts';
import type { LaneTask } from './messages.ts';
import type { RowLayout } from './rows/row.ts';
import { BloomFilter } from './staging/bloom-filter.ts';

export interface LaneLimits {
  ingestLanes: number;
  parser: 'fast' | 'csv-parse';
  maxRecordBytes: number;
  maxDescriptionLength: number;
}

/** The largest partition of the merge in bytes of CSV: about 600,000 products. */
const PARTITION_BYTES = 128 * 1024 * 1024;
/** Up to this size of its CSV, a file has a single partition. */
const SMALL_FILE_BYTES = 8 * 1024 * 1024;
const MAX_PARTITIONS = 512;
/** Assumed for a file of unknown size. */
const UNKNOWN_BYTES = 4 * PARTITION_BYTES;
/** Hardly a catalogue has shorter rows. */
const ROW_BYTES = 64;
/** The usual compression ratio of a catalogue, and a high one. */
const COMPRESSION_RATIO = 4;
const HIGH_COMPRESSION_RATIO = 50;

/** @param partitions of an earlier attempt, whose merge may have started; 0 without one */
export function laneTask(
  database: Database,
  record: ImportRecord,
  staging: Staging,
  reader: BlockReader,
  limits: LaneLimits,
  partitions: number,
): LaneTask {
  const { header, format } = reader;
  const bytes = csvBytes(record, format);
  return {
    staging,
    databaseUrl: database.url,
    applicationName: applicationName(database, 'lane'),
    layout: layoutOf(reader, record.defaults ?? undefined, limits),
    parser: limits.parser,
    partitions: partitions || (isSmall(record, format) ? 1 : partitionsFor(bytes, limits.ingestLanes)),
    columns: stagedColumns(header, record.defaults),
    skus: BloomFilter.memoryFor(bytes / ROW_BYTES),
    maxRecordBytes: limits.maxRecordBytes,
  };
}

export function layoutOf(
  { header, encoding, format, dialect }: Pick<BlockReader, 'header' | 'encoding' | 'format' | 'dialect'>,
  defaults: FieldDefaults | undefined,
  { maxDescriptionLength }: Pick<LaneLimits, 'maxDescriptionLength'>,
): RowLayout {
  const { columns, keptColumns, delimiter, skuIndex, nameIndex, descriptionIndex } = header;
  return {
    columns,
    delimiter,
    ...dialect,
    hasCodedBreaks: format === 'xlsx',
    encoding,
    skuIndex,
    nameIndex,
    descriptionIndex,
    defaults,
    maxDescriptionLength,
    issueCodeIndex: issueCodeIndex(columns),
    hasVariantRows: hasVariantRows(columns),
    keptColumns: keptColumns.length > 0 ? keptColumns : undefined,
  };
}

/** Whether the rows can be staged as the catalogue that they become. */
export async function suitsFirstLoad(
  sql: Pool,
  record: ImportRecord,
  { header, format }: BlockReader,
): Promise<boolean> {
  const { withSuperseded } = stagedColumns(header, record.defaults);
  if (withSuperseded || isSmall(record, format)) return false;
  return isReplaceable(sql);
}

/** Whether its CSV is small, unless it was compressed to less than catalogues are. */
function isSmall(record: ImportRecord, format: Format): boolean {
  return csvBytes(record, format, HIGH_COMPRESSION_RATIO) <= SMALL_FILE_BYTES;
}

function csvBytes({ bytesTotal }: ImportRecord, format: Format, ratio = COMPRESSION_RATIO): number {
  return (bytesTotal ?? UNKNOWN_BYTES) * (format === 'plain' ? 1 : ratio);
}

/** At least one for each lane. More only if they would become too large, as each writes its own counts. */
function partitionsFor(bytes: number, lanes: number): number {
  return Math.min(Math.max(lanes, Math.ceil(bytes / PARTITION_BYTES)), MAX_PARTITIONS);
}

/** @param defaults with which the fields of a row need not be those of its record */
export function stagedColumns(
  {
    columns,
    keptColumns,
    ignoredColumns,
  }: { columns: readonly string[]; keptColumns: readonly unknown[]; ignoredColumns: readonly string[] },
  defaults: FieldDefaults | null,
): StagedColumns {
  return {
    withAttributes: keptColumns.length > 0,
    withRecord: ignoredColumns.length > 0 || defaults !== null,
    withSuperseded: issueCodeIndex(columns) !== undefined,
  };
}
