// Cuts a stream of CSV into blocks of whole records, and says on which line each starts and which of them are damaged.

import { LoadstoneError } from '../../../errors.ts';
import type { ByteDialect } from '../dialect.ts';
import type { FieldCountRange } from './field-count.ts';
import { OversizedRecordSkipper } from './oversized-record-skipper.ts';
import { type Position, RecordScanner } from './record-scanner.ts';
import { type DamagedRecord, RecordRecovery, type Recovery } from './recovery/record-recovery.ts';

/** Some whole records of the file, in its order; blank lines between them are there too. */
export interface RecordBlock {
  /** Has its ArrayBuffer to itself, so that it can be transferred; the buffer may be longer. */
  bytes: Uint8Array<ArrayBuffer>;
  /** The physical line on which `bytes` start, from 1. */
  firstLine: number;
  /** Records in `bytes` that are not to be parsed, in order: by their quotes alone they would end elsewhere. */
  damaged: DamagedRecord[];
  /** Records that stand before `bytes` and were left out for their length. */
  oversized: OversizedRecord[];
}

/** A record that is longer than allowed, and was not kept. */
interface OversizedRecord {
  /** The physical line on which it starts. */
  line: number;
  lineCount: number;
  /** Its beginning, 10 KB at most. */
  head: Uint8Array;
}

interface Passing {
  record: OversizedRecord;
  reader: OversizedRecordSkipper;
}

export interface SplitOptions {
  dialect: ByteDialect;
  fieldCounts: FieldCountRange;
  /** By column: 1 where fields over several lines are known to be. */
  multilineColumns?: Uint8Array;
  /** The physical line on which the first record starts. */
  firstLine: number;
  /** Of a record with its line end. */
  maxRecordBytes: number;
  /** Of a block, about; a longer record makes a longer block. */
  blockBytes: number;
}

const HEAD_BYTES = 10_000;
const MAX_SPARES = 4;
const CR = 0x0d;
const LF = 0x0a;

export class BlockSplitter {
  readonly #options: SplitOptions;
  readonly #scanner: RecordScanner;
  readonly #blockBytes: number;
  /** What is kept, #bytes[0, #length), starts at a record. */
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;
  /** The line on which #bytes start. */
  #line: number;
  #damaged: DamagedRecord[] = [];
  /** Buffers of earlier blocks, to be filled again. */
  readonly #spares: ArrayBuffer[] = [];
  /** While damage is looked at: its reader, and up to where its next line was searched for its end. */
  #damage: RecordRecovery | undefined;
  #searched = 0;
  /** The record that is being passed over. */
  #passing: Passing | undefined;

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
    this.#bytes = new Uint8Array(blockBytes);
    this.#line = firstLine;
  }

  /** Yields the blocks that the next bytes of the file make full. */
  *push(chunk: Uint8Array): Generator<RecordBlock, void, undefined> {
    for (let at = 0; at < chunk.length; ) {
      const room = this.#blockBytes - (this.#length % this.#blockBytes);
      const piece = chunk.subarray(at, at + room);
      at += piece.length;
      this.#append(piece);
      yield* this.#read(false);
    }
  }

  /** Takes back the buffer of a block that nobody reads any more: making new ones keeps the garbage collector busy. */
  recycle(buffer: ArrayBuffer): void {
    if (buffer.byteLength === this.#blockBytes && this.#spares.length < MAX_SPARES) this.#spares.push(buffer);
  }

  /**
   * Yields the block that is left at the end of the file, if there is one.
   *
   * @throws LoadstoneError UNBALANCED_QUOTE if a quote that was never closed made the last record too long
   */
  *end(): Generator<RecordBlock, void, undefined> {
    yield* this.#read(true);
    if (this.#length > 0) yield this.#take({ at: this.#length, line: this.#line });
  }

  *#read(atEnd: boolean): Generator<RecordBlock, void, undefined> {
    for (;;) {
      if (this.#passing) {
        const passed = this.#passOn(atEnd);
        if (!passed) return;
        yield passed;
      } else if (this.#damage) {
        const verdict = this.#judge(this.#damage, atEnd);
        if (!verdict) return;
        yield* this.#goOn(verdict);
      } else {
        const trouble = this.#scanner.scan(this.#bytes, this.#length, atEnd);
        if (trouble < 0) break;
        const start = this.#scanner.lookBack;
        const { dialect, fieldCounts, maxRecordBytes } = this.#options;
        const { multilineColumns } = this.#scanner;
        this.#damage = new RecordRecovery({
          dialect,
          fieldCounts,
          maxRecordBytes,
          multilineColumns,
          start,
          trouble,
        });
        this.#searched = start.at;
      }
    }
    const { lookBack } = this.#scanner;
    if (this.#length >= this.#blockBytes && lookBack.at > 0) yield this.#take(lookBack);
  }

  /** Lets the reader of damage read line by line, as far as there are whole ones. */
  #judge(damage: RecordRecovery, atEnd: boolean): Recovery | undefined {
    const bytes = this.#bytes;
    const length = this.#length;
    for (;;) {
      let end = this.#searched;
      while (end < length && bytes[end] !== LF && bytes[end] !== CR) end++;
      this.#searched = end;
      const isWhole = end < length && (bytes[end] === LF || end + 1 < length || atEnd);
      let verdict: Recovery | undefined;
      if (isWhole) {
        const next = end + (bytes[end] === CR && end + 1 < length && bytes[end + 1] === LF ? 2 : 1);
        this.#searched = next;
        verdict = damage.read(bytes, end, next);
      } else if (length - damage.at > this.#options.maxRecordBytes) verdict = damage.readOversized(bytes);
      else if (!atEnd) return undefined;
      else if (end > damage.at) verdict = damage.read(bytes, end, end);
      else verdict = damage.finish();
      if (verdict) return verdict;
    }
  }

  *#goOn({ damaged, resume, oversized }: Recovery): Generator<RecordBlock, void, undefined> {
    this.#damage = undefined;
    this.#damaged.push(...damaged);
    this.#scanner.resume(resume);
    if (!oversized) return;
    if (resume.at > 0) yield this.#take(resume);
    const { dialect } = this.#options;
    this.#passing = {
      record: { line: resume.line, lineCount: 1, head: new Uint8Array(0) },
      reader: new OversizedRecordSkipper(dialect, oversized === 'line', resume.line),
    };
  }

  /** @returns the record that is passed over, when it ends */
  #passOn(atEnd: boolean): RecordBlock | undefined {
    const { record, reader } = this.#passing as Passing;
    const end = reader.read(this.#bytes, this.#length, atEnd);
    const done = end < 0 ? reader.rebase() : end;
    const missing = HEAD_BYTES - record.head.length;
    if (missing > 0)
      record.head = Buffer.concat([record.head, this.#bytes.subarray(0, Math.min(done, missing))]);
    this.#bytes.copyWithin(0, done, this.#length);
    this.#length -= done;
    if (end < 0) return undefined;
    const { openQuoteLine } = reader;
    if (openQuoteLine !== undefined) throw neverClosed(openQuoteLine, this.#options.maxRecordBytes);
    this.#passing = undefined;
    this.#line = reader.line;
    this.#scanner.resume({ at: 0, line: reader.line });
    const oversized = [{ ...record, lineCount: reader.lineCount }];
    return { bytes: new Uint8Array(0), firstLine: this.#line, damaged: [], oversized };
  }

  #append(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
  }

  /** Takes the bytes up to a record's start out, as a block. */
  #take({ at, line }: Position): RecordBlock {
    const bytes = this.#bytes.subarray(0, at);
    const rest = this.#bytes.subarray(at, this.#length);
    const block = { bytes, firstLine: this.#line, damaged: this.#damaged, oversized: [] };
    const spare = rest.length <= this.#blockBytes ? this.#spares.pop() : undefined;
    this.#bytes = spare ? new Uint8Array(spare) : new Uint8Array(Math.max(this.#blockBytes, rest.length));
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
