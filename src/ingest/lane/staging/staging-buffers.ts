// The rows of all partitions that a lane has parsed and not written yet. They share a budget, so that a lane needs as much
// memory for 512 partitions as for one.

import type { StagedColumns } from '../../../db/imports/staging.ts';
import type { Row } from '../rows/row.ts';
import { StagingBuffer } from './staging-buffer.ts';

/** Of the rows of a lane. A COPY costs about a millisecond regardless of its size, so buffers should grow large. */
const STAGING_BYTES = 4 * 1024 * 1024;

const USUAL_FIRST_BYTES = 64 * 1024;

/** The rows of one partition, for one COPY. */
export interface TakenRows {
  partition: number;
  rows: number;
  data: Uint8Array<ArrayBuffer>;
  /** Call it when the data are no longer in use. */
  release(): void;
}

export class StagingBuffers implements Disposable {
  readonly #buffers: StagingBuffer[];
  readonly #budgetBytes: number;
  #bytes = 0;

  constructor(partitions: number, columns: StagedColumns, budgetBytes = STAGING_BYTES) {
    const share = Math.ceil(budgetBytes / partitions);
    const sizes = {
      firstBytes: Math.min(share, USUAL_FIRST_BYTES),
      // The row with which the budget is reached fits in, unless it is long.
      fullBytes: budgetBytes + USUAL_FIRST_BYTES,
      keptBytes: 2 * share,
    };
    this.#buffers = Array.from({ length: partitions }, () => new StagingBuffer(columns, sizes));
    this.#budgetBytes = budgetBytes;
  }

  /** Whether their rows have reached the budget. */
  get isFull(): boolean {
    return this.#bytes >= this.#budgetBytes;
  }

  get partitions(): number {
    return this.#buffers.length;
  }

  append(partition: number, row: Row, mayRepeat: boolean): void {
    const buffer = this.#buffers[partition] as StagingBuffer;
    const before = buffer.byteLength;
    buffer.append(row, mayRepeat);
    this.#bytes += buffer.byteLength - before;
  }

  /** Takes the rows of the partitions that have most, so many that a quarter of the budget is free again. */
  *takeFullest(): Generator<TakenRows, void, void> {
    while (this.#bytes > 0.75 * this.#budgetBytes) yield this.#take(this.#fullest());
  }

  *takeAll(): Generator<TakenRows, void, void> {
    for (const [partition, { rows }] of this.#buffers.entries()) if (rows > 0) yield this.#take(partition);
  }

  /** Frees their memory. Do not use them any more. */
  [Symbol.dispose](): void {
    for (const buffer of this.#buffers) buffer[Symbol.dispose]();
  }

  #fullest(): number {
    let partition = 0;
    for (const [at, buffer] of this.#buffers.entries()) {
      if (buffer.byteLength > (this.#buffers[partition] as StagingBuffer).byteLength) partition = at;
    }
    return partition;
  }

  #take(partition: number): TakenRows {
    const buffer = this.#buffers[partition] as StagingBuffer;
    const { rows, byteLength } = buffer;
    const data = buffer.take();
    this.#bytes -= byteLength - buffer.byteLength;
    return { partition, rows, data, release: () => buffer.recycle(data) };
  }
}
