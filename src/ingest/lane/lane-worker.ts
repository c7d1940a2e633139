// A lane: a thread that turns blocks into staged rows over its own connection.

import { parentPort } from 'node:worker_threads';
import { addRejectedRows } from '../../db/imports/rejected-rows.ts';
import { copyIntoStaging } from '../../db/imports/staging.ts';
import { closePool, openPool, type Pool } from '../../db/postgres/connection/pool.ts';
import type { RecordBlock } from '../read/records/block-splitter.ts';
import type {
  LaneFailure,
  LaneMessage,
  LaneReply,
  LaneRequest,
  LaneTask,
  LongRecord,
  RowCounts,
  SkuCount,
  SuspectSkus,
} from './messages.ts';
import { CsvParseParser } from './parsers/csv-parse-parser.ts';
import { FastParser } from './parsers/fast-parser.ts';
import { parseBlock } from './parsers/parse-block.ts';
import type { BlockParser, Rejection, Row, RowSink } from './rows/row.ts';
import { isPadded, isRounded } from './rows/validate-row.ts';
import { partitionOf } from './staging/partition.ts';
import { RejectionBuffer } from './staging/rejection-buffer.ts';
import { StagingBuffer } from './staging/staging-buffer.ts';

/**
 * Rows are sent when this many bytes of them wait, all partitions together: a COPY costs about a millisecond
 * whatever its size, so few large ones are better, up to what memory allows.
 */
const BUFFERED_BYTES = 7 * 1024 * 1024;
/** Writes that may wait for the connection while parsing goes on. */
const MAX_WAITING_WRITES = 4;
/** A rejected record of more lines is told to the sender of the file: rows may be in it. */
const MANY_LINES = 20;
/** At once. */
const MAX_LONG_RECORDS = 20;

class BlockLoader implements RowSink {
  readonly #sql: Pool;
  readonly #task: LaneTask;
  readonly #parser: BlockParser;
  readonly #buffers: StagingBuffer[];
  readonly #staged: number[];
  readonly #rejections = new RejectionBuffer();
  readonly #onRows: (rows: RowCounts) => void;
  #longRecords: LongRecord[] = [];
  #accepted = 0;
  #suspectSkus: SuspectSkus = noSuspectSkus();
  #writing: Promise<void>[] = [];

  /** @param onRows told of rows while a block is read, each once */
  constructor(sql: Pool, task: LaneTask, onRows: (rows: RowCounts) => void) {
    this.#sql = sql;
    this.#task = task;
    this.#onRows = onRows;
    this.#parser = task.parser === 'fast' ? new FastParser(task.layout) : new CsvParseParser(task.layout);
    this.#buffers = Array.from({ length: task.partitions }, () => new StagingBuffer(task.columns));
    this.#staged = new Array(task.partitions).fill(0);
  }

  async load(block: RecordBlock): Promise<LaneReply> {
    const { layout, maxRecordBytes } = this.#task;
    for (const _ of parseBlock(block, this.#parser, layout, maxRecordBytes, this)) {
      this.#onRows(await this.#count());
    }
    const rows = await this.#count();
    const buffered = this.#buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0);
    if (buffered > BUFFERED_BYTES) await this.#copyAll();
    return { type: 'loaded', ...rows, buffer: block.bytes.buffer };
  }

  async finish(): Promise<LaneReply> {
    await this.#copyAll();
    await this.#settle(0);
    return { type: 'finished', staged: this.#staged };
  }

  accept(row: Row): void {
    const { bytes, start, end } = row.sku;
    const partition = partitionOf(bytes, start, end, this.#buffers.length);
    (this.#buffers[partition] as StagingBuffer).append(row);
    this.#accepted++;
    if (isPadded(row.sku)) note(this.#suspectSkus.padded, row.line);
    if (isRounded(row.sku)) note(this.#suspectSkus.rounded, row.line);
  }

  reject(rejection: Rejection): void {
    const { line, lineCount } = rejection;
    if (lineCount > MANY_LINES && this.#longRecords.length < MAX_LONG_RECORDS)
      this.#longRecords.push({ line, lineCount });
    this.#rejections.add(rejection);
  }

  get isFull(): boolean {
    return this.#rejections.isFull;
  }

  /**
   * Writes the rejections that wait before they are counted: should they be too many, whoever asks why finds them.
   *
   * @returns the rows since the last count
   */
  async #count(): Promise<RowCounts> {
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

  async #copyAll(): Promise<void> {
    for (const [partition, buffer] of this.#buffers.entries()) {
      if (buffer.rows === 0) continue;
      this.#staged[partition] = (this.#staged[partition] ?? 0) + buffer.rows;
      const data = buffer.take();
      this.#write(async () => {
        await copyIntoStaging(this.#sql, this.#task.staging, partition, data);
        buffer.recycle(data);
      });
      await this.#settle(MAX_WAITING_WRITES);
    }
  }

  /** Queues a write behind the others. A failure shows in its promise and at the next `#settle`. */
  #write(write: () => Promise<void>): Promise<void> {
    const previous = this.#writing.at(-1);
    const writing = previous ? previous.then(write) : write();
    writing.catch(() => {});
    this.#writing.push(writing);
    return writing;
  }

  /** Waits until so many writes are left, or fewer. */
  async #settle(left: number): Promise<void> {
    while (this.#writing.length > left) await this.#writing.shift();
  }
}

function noSuspectSkus(): SuspectSkus {
  const none = () => ({ count: 0, line: Number.POSITIVE_INFINITY });
  return { padded: none(), rounded: none() };
}

function note(noted: SkuCount, line: number): void {
  noted.count++;
  noted.line = Math.min(noted.line, line);
}

function failure(error: unknown): LaneFailure {
  if (!(error instanceof Error)) return { message: String(error), code: undefined, stack: undefined };
  const code = 'code' in error ? String(error.code) : undefined;
  return { message: error.message, code, stack: error.stack };
}

function serve(): void {
  const port = parentPort;
  if (!port) throw new Error('lane-worker runs as a worker thread');
  let sql: Pool | undefined;
  let lane: BlockLoader | undefined;
  let turn: Promise<void> = Promise.resolve();
  const tell = (message: LaneMessage, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

  async function answer(message: LaneRequest): Promise<LaneReply> {
    if (message.type === 'open') {
      const { databaseUrl, applicationName } = message.task;
      sql = openPool(databaseUrl, { max: 1, applicationName });
      lane = new BlockLoader(sql, message.task, (rows) => tell({ type: 'rows', ...rows }));
      return { type: 'opened' };
    }
    if (!lane || !sql) throw new Error('a lane is opened before it is used');
    if (message.type === 'block') return lane.load(message);
    const finished = await lane.finish();
    await closePool(sql);
    return finished;
  }

  port.on('message', (message: LaneRequest) => {
    turn = turn
      .then(() => answer(message))
      .catch((error): LaneReply => ({ type: 'failed', error: failure(error) }))
      .then((reply) => {
        tell(reply, reply.type === 'loaded' ? [reply.buffer] : []);
        if (reply.type === 'finished' || reply.type === 'failed') port.close();
      });
  });
}

serve();
