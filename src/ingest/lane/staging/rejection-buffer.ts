// Buffers rejections for one INSERT statement, limited in rows and bytes.

import type { RejectedRow } from '../../../db/imports/rejected-rows.ts';
import type { Rejection } from '../rows/row.ts';

const MAX_ROWS = 1000;
const MAX_RECORD_BYTES = 1024 * 1024;

export class RejectionBuffer {
  #rejections: Rejection[] = [];
  #recordBytes = 0;

  get isFull(): boolean {
    return this.#rejections.length >= MAX_ROWS || this.#recordBytes >= MAX_RECORD_BYTES;
  }

  add(rejection: Rejection): void {
    this.#rejections.push(rejection);
    this.#recordBytes += rejection.record.length;
  }

  /** Empties the buffer. */
  take(): RejectedRow[] {
    const rows = this.#rejections.map(toStoredRow);
    this.#rejections = [];
    this.#recordBytes = 0;
    return rows;
  }
}

function toStoredRow({ line, code, column, message, record, lineCount }: Rejection): RejectedRow {
  const text = Buffer.from(record).toString('utf8').replaceAll('\0', '\ufffd');
  return {
    line,
    code,
    columnName: column?.replaceAll('\0', '\ufffd') ?? null,
    message,
    record: text,
    lineCount,
  };
}
