// Cuts a stream of CSV into blocks of whole records, and says on which line each starts.

import { LoadstoneError } from '../errors.ts';
import { countLineEnds } from './line-ends.ts';
import { RecordScanner } from './record-boundaries.ts';

/** Some whole records of the file, in its order; blank lines between them are there too. */
export interface RecordBlock {
  /** Has its ArrayBuffer to itself, so that it can be transferred; the buffer may be longer. */
  bytes: Uint8Array<ArrayBuffer>;
  /** The physical line on which `bytes` start, from 1. */
  firstLine: number;
  /** Records that stand before `bytes` and were left out for their length. */
  oversized: OversizedRecord[];
}

/** A record that is longer than allowed, and was not kept. */
export interface OversizedRecord {
  /** The physical line on which it starts. */
  line: number;
  /** Its beginning, 10 KB at most. */
  head: Uint8Array;
}

export interface CutOptions {
  delimiter: number;
  /** The physical line on which the first record starts. */
  firstLine: number;
  /** Of a record with its line end. */
  maxRecordBytes: number;
  /** Of a block, about; a longer record makes a longer block. */
  blockBytes: number;
}

const HEAD_BYTES = 10_000;
const MAX_SPARES = 4;

export class BlockCutter {
  readonly #scanner: RecordScanner;
  readonly #maxRecordBytes: number;
  /** At most a record: so no record is too long that lies wholly in what is scanned at once. */
  readonly #blockBytes: number;
  /** What is kept, #bytes[0, #length), starts at a record; #end is the end of the last whole one, 0 without one. */
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;
  #end = 0;
  /** The line on which #bytes start. */
  #line: number;
  /** Buffers of earlier blocks, to be filled again. */
  readonly #spares: ArrayBuffer[] = [];
  /** The record that is being passed over. */
  #oversized: OversizedRecord | undefined;

  constructor({ delimiter, firstLine, maxRecordBytes, blockBytes }: CutOptions) {
    this.#scanner = new RecordScanner(delimiter, firstLine);
    this.#maxRecordBytes = maxRecordBytes;
    this.#blockBytes = Math.min(blockBytes, maxRecordBytes);
    this.#bytes = new Uint8Array(this.#blockBytes);
    this.#line = firstLine;
  }

  /** Yields the blocks that the next bytes of the file make full. */
  *push(chunk: Uint8Array): Generator<RecordBlock, void, undefined> {
    for (let at = 0; at < chunk.length; ) {
      const room = this.#blockBytes - (this.#length % this.#blockBytes);
      const piece = chunk.subarray(at, at + room);
      at += piece.length;
      yield* this.#add(piece);
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
    const line = this.#scanner.openQuoteLine;
    if (this.#oversized) {
      if (line !== undefined) throw neverClosed(line, this.#maxRecordBytes);
      yield this.#passedOver(this.#oversized);
    } else if (this.#length > 0) yield this.#take(this.#length);
  }

  *#add(piece: Uint8Array): Generator<RecordBlock, void, undefined> {
    const from = this.#length;
    this.#append(piece);
    const { first, last } = this.#scanner.scan(this.#bytes, from, this.#length);
    const recordEnd = first < 0 ? this.#length : first;
    if (this.#end === 0 && recordEnd > this.#maxRecordBytes) {
      this.#oversized ??= { line: this.#line, head: this.#bytes.slice(0, Math.min(recordEnd, HEAD_BYTES)) };
    }
    if (this.#oversized) {
      if (first < 0) {
        this.#length = 0;
        return;
      }
      const oversized = this.#oversized;
      this.#oversized = undefined;
      this.#line = this.#scanner.recordLine - countLineEnds(this.#bytes, first, last);
      yield this.#passedOver(oversized);
      this.#bytes.copyWithin(0, first, this.#length);
      this.#length -= first;
      this.#end = last - first;
    } else if (last >= 0) this.#end = last;
    if (this.#end > 0 && this.#length >= this.#blockBytes) yield this.#take(this.#end);
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

  /** Takes the first bytes out, as a block. */
  #take(length: number): RecordBlock {
    const bytes = this.#bytes.subarray(0, length);
    const rest = this.#bytes.subarray(length, this.#length);
    const block = { bytes, firstLine: this.#line, oversized: [] };
    const spare = rest.length <= this.#blockBytes ? this.#spares.pop() : undefined;
    this.#bytes = spare ? new Uint8Array(spare) : new Uint8Array(Math.max(this.#blockBytes, rest.length));
    this.#bytes.set(rest);
    this.#length = rest.length;
    this.#end = 0;
    this.#line = this.#scanner.recordLine;
    return block;
  }

  #passedOver(record: OversizedRecord): RecordBlock {
    return { bytes: new Uint8Array(0), firstLine: this.#line, oversized: [record] };
  }
}

function neverClosed(line: number, maxRecordBytes: number): LoadstoneError {
  const message = `The quote opened on line ${line} is never closed: more than ${maxRecordBytes} bytes to the end of the file were read as one field. Close it, or double it if it belongs to the text (""), and upload the file again.`;
  return new LoadstoneError('UNBALANCED_QUOTE', message);
}
