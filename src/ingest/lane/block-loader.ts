// Parses blocks, stages their rows, and stores their rejected rows, over one connection.

import { addRejectedRows } from '../../db/imports/rejected-rows.ts';
import { copyIntoStaging } from '../../db/imports/staging.ts';
import type { Pool } from '../../db/postgres/connection/pool.ts';
import type { RecordBlock } from '../read/records/block-splitter.ts';
import { decodeBreakBytes } from '../read/text/coded-breaks.ts';
import type { LaneTask, LongRecord, RowCounts, SkuCount, SuspectSkus } from './messages.ts';
import { CsvParseParser } from './parsers/csv-parse-parser.ts';
import { FastParser } from './parsers/fast-parser.ts';
import { parseBlock } from './parsers/parse-block.ts';
import { setField } from './rows/prepare-row.ts';
import type { BlockParser, Rejection, Row, RowSink } from './rows/row.ts';
import { isPadded, isRounded } from './rows/suspect-sku.ts';
import { BloomFilter } from './staging/bloom-filter.ts';
import { partitionOf } from './staging/partition.ts';
import { RejectionBuffer } from './staging/rejection-buffer.ts';
import { hashSku } from './staging/sku-hash.ts';
import { StagingBuffers, type TakenRows } from './staging/staging-buffers.ts';

/** The sender is warned of a rejected record with more lines than this, as it may contain rows. */
const MANY_LINES = 20;
/** Reported for each block. */
const MAX_LONG_RECORDS = 20;

export class BlockLoader implements RowSink {
  readonly #sql: Pool;
  readonly #task: LaneTask;
  readonly #parser: BlockParser;
  readonly #hasCodedBreaks: boolean;
  readonly #buffers: StagingBuffers;
  readonly #skus: BloomFilter;
  readonly #staged: number[];
  readonly #rejections = new RejectionBuffer();
  readonly #onRows: (rows: RowCounts) => void;
  #longRecords: LongRecord[] = [];
  #accepted = 0;
  #suspectSkus: SuspectSkus = noSuspectSkus();
  #writes: Promise<void>[] = [];

  /** @param onRows called with rows of the current block before it is finished. Each row is reported once */
  constructor(sql: Pool, task: LaneTask, onRows: (rows: RowCounts) => void) {
    this.#sql = sql;
    this.#task = task;
    this.#onRows = onRows;
    this.#hasCodedBreaks = task.layout.hasCodedBreaks === true;
    this.#parser = task.parser === 'fast' ? new FastParser(task.layout) : new CsvParseParser(task.layout);
    this.#buffers = new StagingBuffers(task.partitions, task.columns);
    this.#skus = new BloomFilter(task.skus);
    this.#staged = new Array(task.partitions).fill(0);
  }

  /** @returns the rows of the block that were not reported before */
  async load(block: RecordBlock): Promise<RowCounts> {
    const { layout, maxRecordBytes } = this.#task;
    for (const _ of parseBlock(block, this.#parser, layout, maxRecordBytes, this)) {
      this.#onRows(await this.#takeCounts());
      if (this.#buffers.isFull) await this.#copy(this.#buffers.takeFullest());
    }
    return this.#takeCounts();
  }

  /** Writes what is left, and frees the buffers. @returns the number of staged rows in each partition */
  async finish(): Promise<number[]> {
    using _ = this.#buffers;
    await this.#copy(this.#buffers.takeAll());
    await this.#awaitWrites();
    return this.#staged;
  }

  accept(row: Row): void {
    if (this.#hasCodedBreaks) {
      const { bytes, start, end } = row.record;
      setField(row.record, decodeBreakBytes(bytes.subarray(start, end)));
    }
    const { bytes, start, end } = row.sku;
    const hash = hashSku(bytes, start, end);
    const mayRepeat = this.#skus.add(hash) || row.isSuperseded;
    this.#buffers.append(partitionOf(hash, this.#buffers.partitions), row, mayRepeat);
    this.#accepted++;
    if (isPadded(row.sku)) count(this.#suspectSkus.padded, row.line);
    if (isRounded(row.sku)) count(this.#suspectSkus.rounded, row.line);
  }

  reject(rejection: Rejection): void {
    const { line, lineCount } = rejection;
    if (lineCount > MANY_LINES && this.#longRecords.length < MAX_LONG_RECORDS)
      this.#longRecords.push({ line, lineCount });
    this.#rejections.add(
      this.#hasCodedBreaks ? { ...rejection, record: decodeBreakBytes(rejection.record) } : rejection,
    );
  }

  get isFull(): boolean {
    return this.#rejections.isFull || this.#buffers.isFull;
  }

  /**
   * Stores buffered rejections before they are counted: if the import fails for having too many, its issues are there.
   *
   * @returns the rows since the last call
   */
  async #takeCounts(): Promise<RowCounts> {
    const rejected = this.#rejections.take();
    const rows = {
      read: this.#accepted + rejected.length,
      rejected: rejected.length,
      longRecords: this.#longRecords,
      suspectSkus: this.#suspectSkus,
    };
    this.#accepted = 0;
    this.#longRecords = [];
    this.#suspectSkus = noSuspectSkus();
    if (rejected.length > 0) {
      await this.#write(() => addRejectedRows(this.#sql, this.#task.staging.importId, rejected));
    }
    return rows;
  }

  /** Rows are parsed while those before them are written: for twice the buffers, not more. */
  async #copy(taken: Iterable<TakenRows>): Promise<void> {
    await this.#awaitWrites();
    for (const { partition, rows, data, release } of taken) {
      this.#staged[partition] = (this.#staged[partition] ?? 0) + rows;
      this.#write(async () => {
        await copyIntoStaging(this.#sql, this.#task.staging, partition, data);
        release();
      });
    }
  }

  /** Queues a write. A failure rejects its promise and the next `#awaitWrites`. */
  #write(write: () => Promise<void>): Promise<void> {
    const previous = this.#writes.at(-1);
    const writing = previous ? previous.then(write) : write();
    writing.catch(() => {});
    this.#writes.push(writing);
    return writing;
  }

  async #awaitWrites(): Promise<void> {
    while (this.#writes.length > 0) await this.#writes.shift();
  }
}

function noSuspectSkus(): SuspectSkus {
  const none = () => ({ count: 0, line: Number.POSITIVE_INFINITY });
  return { padded: none(), rounded: none() };
}

function count(skus: SkuCount, line: number): void {
  skus.count++;
  skus.line = Math.min(skus.line, line);
}
