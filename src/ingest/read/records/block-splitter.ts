// Splits a stream of CSV into blocks of whole records, with their line numbers and their damaged records.

import { LoadstoneError } from '../../../errors.ts';
import { freeChunk } from '../../../memory/free-chunk.ts';
import { SpareBuffers } from '../../spool/spare-buffers.ts';
import type { ByteDialect } from '../dialect.ts';
import type { FieldCountRange } from './field-count.ts';
import { OversizedRecordSkipper } from './oversized-record-skipper.ts';
import { type Position, RecordScanner } from './record-scanner.ts';
import type { DamagedRecord } from './recovery/damaged-spans.ts';
import { RecordRecovery, type Recovery } from './recovery/record-recovery.ts';
import { UnreadableLines } from './recovery/unreadable-lines.ts';
import { TimeSlice } from './time-slice.ts';

/** Consecutive whole records of the file, and the blank lines between them. */
export interface RecordBlock {
  /** The only view of its ArrayBuffer, so that it can be transferred; the buffer may be longer. */
  bytes: Uint8Array<ArrayBuffer>;
  /** The physical line at the start of `bytes`, from 1. */
  firstLine: number;
  /** Records in `bytes` that must not be parsed, in order: by their quotes alone they would end elsewhere. */
  damaged: DamagedRecord[];
  /** Records before `bytes` that were omitted because they are too long. */
  oversized: OversizedRecord[];
}

/** A record that is too long, and was skipped. */
interface OversizedRecord {
  /** The physical line on which it starts. */
  line: number;
  lineCount: number;
  /** Its first bytes, up to 10 KB. */
  head: Uint8Array;
}

interface Skipping {
  record: OversizedRecord;
  skipper: OversizedRecordSkipper;
}

export interface SplitOptions {
  dialect: ByteDialect;
  fieldCounts: FieldCountRange;
  /** For each column: 1 if it is known to have multi-line fields. */
  multilineColumns?: Uint8Array;
  /** The physical line on which the first record starts. */
  firstLine: number;
  /** Includes the line ending. */
  maxRecordBytes: number;
  /** Approximate size of a block; a longer record makes a longer block. */
  blockBytes: number;
}

const HEAD_BYTES = 10_000;
/** Skipped at once: it takes a few milliseconds if there are many quotes. */
const SKIPPED_BYTES = 128 * 1024;
const MAX_SPARES = 4;
/** Damaged records with which a block ends, so that what is known of them takes no more memory than its bytes. */
const MAX_DAMAGED = 10_000;
const CR = 0x0d;
const LF = 0x0a;

export class BlockSplitter {
  readonly #options: SplitOptions;
  readonly #scanner: RecordScanner;
  readonly #blockBytes: number;
  /** #bytes[0, #length) starts at a record. */
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;
  /** The line at the start of #bytes. */
  #line: number;
  #damaged: DamagedRecord[] = [];
  /** Buffers of earlier blocks, of the size of a block. */
  readonly #spares: SpareBuffers;
  /** During recovery, and up to where its next line was searched for a line ending. */
  #recovery: RecordRecovery | undefined;
  #searched = 0;
  readonly #unreadable = new UnreadableLines();
  /** Of recoveries, and of skipping, which are slow. */
  readonly #slice = new TimeSlice();
  /** While an oversized record is skipped. */
  #skipping: Skipping | undefined;

  constructor(options: SplitOptions) {
    const { dialect, fieldCounts, multilineColumns, firstLine, maxRecordBytes, blockBytes } = options;
    const start = { at: 0, line: firstLine };
    this.#options = options;
    this.#scanner = new RecordScanner({
      dialect,
      fieldCounts,
      multilineColumns,
      maxRecordBytes,
      start,
    });
    this.#blockBytes = blockBytes;
    this.#spares = new SpareBuffers(blockBytes, MAX_SPARES);
    this.#bytes = new Uint8Array(this.#spares.take());
    this.#line = firstLine;
  }

  /**
   * Yields the blocks that the next bytes of the file complete; undefined where the event loop should have its turn.
   *
   * @throws LoadstoneError UNBALANCED_QUOTE if no row is found in more bytes than a record may have
   */
  *push(chunk: Uint8Array): Generator<RecordBlock | undefined, void, undefined> {
    for (let at = 0; at < chunk.length; ) {
      const free = this.#blockBytes - (this.#length % this.#blockBytes);
      const piece = chunk.subarray(at, at + (this.#skipping ? Math.min(free, SKIPPED_BYTES) : free));
      at += piece.length;
      this.#append(piece);
      yield* this.#read(false);
      if (this.#skipping) yield* this.#endSlice();
    }
  }

  *#endSlice(): Generator<undefined, void, undefined> {
    if (!this.#slice.isOver) return;
    yield undefined;
    this.#slice.renew();
  }

  /** Reuses the buffer of a block that is no longer needed, to relieve the garbage collector. */
  recycle(buffer: ArrayBuffer): void {
    this.#spares.add(buffer);
  }

  /** Frees the memory of buffers that are not in use. */
  clear(): void {
    this.#spares.clear();
  }

  /**
   * Yields the last blocks of the file, if there are any, and undefined as `push` does.
   *
   * @throws LoadstoneError UNBALANCED_QUOTE if a quote that was never closed made the last record too long, or as `push`
   */
  *end(): Generator<RecordBlock | undefined, void, undefined> {
    yield* this.#read(true);
    if (this.#length > 0) yield this.#take({ at: this.#length, line: this.#line });
  }

  *#read(atEnd: boolean): Generator<RecordBlock | undefined, void, undefined> {
    for (;;) {
      if (this.#skipping) {
        const skipped = this.#skip(this.#skipping, atEnd);
        if (!skipped) return;
        yield skipped;
      } else if (this.#recovery) {
        const recovered = yield* this.#recover(this.#recovery, atEnd);
        if (!recovered) return;
        yield* this.#resume(recovered);
      } else {
        const errorAt = this.#scanner.scan(this.#bytes, this.#length, atEnd);
        if (errorAt < 0) break;
        const { dialect, fieldCounts, maxRecordBytes } = this.#options;
        const { multilineColumns, lookBack: start } = this.#scanner;
        const options = { dialect, fieldCounts, maxRecordBytes, multilineColumns, start, errorAt };
        this.#recovery = new RecordRecovery(options);
        this.#searched = start.at;
      }
    }
    const { lookBack } = this.#scanner;
    if (this.#length >= this.#blockBytes && lookBack.at > 0) yield this.#take(lookBack);
  }

  /** Feeds whole lines to the recovery until it ends or needs more bytes. */
  *#recover(recovery: RecordRecovery, atEnd: boolean): Generator<undefined, Recovery | undefined, undefined> {
    const bytes = this.#bytes;
    const length = this.#length;
    for (;;) {
      yield* this.#endSlice();
      let end = this.#searched;
      while (end < length && bytes[end] !== LF && bytes[end] !== CR) end++;
      this.#searched = end;
      const isWhole = end < length && (bytes[end] === LF || end + 1 < length || atEnd);
      let recovered: Recovery | undefined;
      if (isWhole) {
        const next = end + (bytes[end] === CR && end + 1 < length && bytes[end + 1] === LF ? 2 : 1);
        this.#searched = next;
        recovered = recovery.read(bytes, end, next);
      } else if (length - recovery.at > this.#options.maxRecordBytes)
        recovered = recovery.readOversized(bytes);
      else if (!atEnd) return undefined;
      else if (end > recovery.at) recovered = recovery.read(bytes, end, end);
      else recovered = recovery.finish();
      if (recovered) return recovered;
    }
  }

  *#resume(recovery: Recovery): Generator<RecordBlock, void, undefined> {
    const { damaged, resumeAt, oversized } = recovery;
    const { maxRecordBytes } = this.#options;
    this.#recovery = undefined;
    this.#unreadable.note(recovery);
    if (this.#unreadable.bytes > maxRecordBytes) throw unreadable(this.#unreadable.firstLine, maxRecordBytes);
    // There may be more than can be arguments of one call.
    for (const record of damaged) this.#damaged.push(record);
    this.#scanner.resume(resumeAt);
    const isFull = oversized !== undefined || this.#damaged.length >= MAX_DAMAGED;
    if (isFull && resumeAt.at > 0) yield this.#take(resumeAt);
    if (!oversized) return;
    const { dialect } = this.#options;
    this.#skipping = {
      record: { line: resumeAt.line, lineCount: 1, head: new Uint8Array(0) },
      skipper: new OversizedRecordSkipper(dialect, oversized === 'line', resumeAt.line),
    };
  }

  /** @returns an empty block with the record once it has ended */
  #skip({ record, skipper }: Skipping, atEnd: boolean): RecordBlock | undefined {
    const end = skipper.skip(this.#bytes, this.#length, atEnd);
    const done = end < 0 ? skipper.rebase() : end;
    const missing = HEAD_BYTES - record.head.length;
    if (missing > 0)
      record.head = Buffer.concat([record.head, this.#bytes.subarray(0, Math.min(done, missing))]);
    this.#bytes.copyWithin(0, done, this.#length);
    this.#length -= done;
    if (end < 0) return undefined;
    const { openQuoteLine } = skipper;
    if (openQuoteLine !== undefined) throw neverClosed(openQuoteLine, this.#options.maxRecordBytes);
    this.#skipping = undefined;
    this.#line = skipper.line;
    this.#scanner.resume({ at: 0, line: skipper.line });
    const oversized = [{ ...record, lineCount: skipper.lineCount }];
    return { bytes: new Uint8Array(0), firstLine: this.#line, damaged: [], oversized };
  }

  #append(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, this.#length));
      freeChunk(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
  }

  /** Removes the bytes before a record start and returns them as a block. */
  #take({ at, line }: Position): RecordBlock {
    const bytes = this.#bytes.subarray(0, at);
    const rest = this.#bytes.subarray(at, this.#length);
    const block = { bytes, firstLine: this.#line, damaged: this.#damaged, oversized: [] };
    const fits = rest.length <= this.#blockBytes;
    this.#bytes = new Uint8Array(fits ? this.#spares.take() : new ArrayBuffer(rest.length));
    this.#bytes.set(rest);
    this.#length = rest.length;
    this.#damaged = [];
    this.#line = line;
    this.#scanner.rebase(at);
    return block;
  }
}

function neverClosed(line: number, maxRecordBytes: number): LoadstoneError {
  const message = `The quote opened on line ${line} is never closed: more than ${maxRecordBytes} bytes to the end of the file were read as one field. Close it, or double it if it belongs to the text (""), and upload the file again.`;
  return new LoadstoneError('UNBALANCED_QUOTE', message);
}

function unreadable(line: number, maxRecordBytes: number): LoadstoneError {
  const message = `From line ${line} on, quotes are misplaced: more than ${maxRecordBytes} bytes have no line that can be told to be a row. Double those that belong to a text ("") and upload the file again, or choose the option quoting: NONE if the file does not quote its fields.`;
  return new LoadstoneError('UNBALANCED_QUOTE', message);
}
