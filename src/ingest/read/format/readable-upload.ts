// An upload as the readers of its format see it.

import type { FileHandle } from 'node:fs/promises';
import type { ImportWarning } from '../../../db/tables.ts';
import type { ByteStream } from '../byte-stream.ts';
import type { UnpackLimits } from './bound-unpacked.ts';
import type { SheetNotes } from './workbook/sheet-rows.ts';

export interface ReadableUpload {
  /** The upload from its first byte, while it arrives. */
  stream: ByteStream;
  /** Opens the whole upload once it is complete. */
  openComplete(): Promise<FileHandle>;
  /** How far into the upload reading got, or farther. */
  readBytes(): number;
  unpackLimits: UnpackLimits;
  /** Told how far into the upload reading got, where that is not in the stream's order. */
  onPosition(bytes: number): void;
  /** For an upload that is a workbook. */
  workbook: {
    /** The name of the sheet to read; undefined for the only one with data. */
    sheet: string | undefined;
    notes: SheetNotes;
    /** Told that it is one, before its first bytes. */
    onFound(): void;
  };
  /** Told what was passed over. */
  warn(warning: ImportWarning): void;
}
