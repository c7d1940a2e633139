// Rejections that wait to be written: as many as one statement takes, in rows and in bytes.

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

  /** @returns what was added since the last time, as it is stored */
  take(): RejectedRow[] {
    const rows = this.#rejections.map(stored);
    this.#rejections = [];
    this.#recordBytes = 0;
    return rows;
  }
}

function stored({ line, code, column, message, record, lineCount }: Rejection): RejectedRow {
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
