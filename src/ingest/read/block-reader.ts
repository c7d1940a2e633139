// Reads an upload into blocks of whole records: detects its format, decompresses and decodes it, reads the header, and splits
// the rest.

import { isBlank } from '../../db/catalogue/product-rules.ts';
import type { ImportWarning } from '../../db/tables.ts';
import type { LoadstoneError } from '../../errors.ts';
import type { ReadAhead } from '../spool/read-ahead.ts';
import { ReadBuffers } from '../spool/read-buffers.ts';
import type { Spool } from '../spool/spool.ts';
import { ByteStream } from './byte-stream.ts';
import type { Dialect, StoredDialect } from './dialect.ts';
import { DEFAULT_UNPACK_LIMITS, type UnpackLimits } from './format/bound-unpacked.ts';
import { decompress } from './format/decompress.ts';
import {
  DIRECTORY_BYTES,
  detectFormat,
  FORMAT_BYTES,
  type Format,
  isCompoundFile,
  refuseEncrypted,
  refuseNested,
} from './format/detect-format.ts';
import type { ReadableUpload } from './format/readable-upload.ts';
import { noNotes } from './format/workbook/sheet-rows.ts';
import { sheetWarnings } from './format/workbook/sheet-warnings.ts';
import { parseDelimiter } from './header/delimiter.ts';
import { type Header, MAX_HEADER_BYTES, readHeader } from './header/header.ts';
import { addedIssueColumns } from './header/issue-columns.ts';
import type { ColumnOptions } from './header/match-columns.ts';
import { type Separator, skipPreamble } from './header/preamble.ts';
import { BlockSplitter, type RecordBlock } from './records/block-splitter.ts';
import { fieldCountRange } from './records/field-count.ts';
import { findMultilineColumns } from './records/multiline-columns.ts';
import { nextSlice } from './records/time-slice.ts';
import { CTRL_Z } from './text/bom-and-ctrl-z.ts';
import { decodeText, type FileEncoding } from './text/decode-text.ts';
import { countLineEndings } from './text/line-endings.ts';
import { columnsNotKeptWarning, guessedColumnsWarning } from './warnings.ts';

export interface Block extends RecordBlock {
  /** Number of the block, from 0. */
  index: number;
  /** How many bytes of the upload, before decompression, have been read so far. */
  spoolBytes: number;
}

export interface ReadOptions extends Dialect, ColumnOptions {
  onWarning?: (warning: ImportWarning) => void;
  /** Told what is wrong with the columns of the header. Default: that is an error. */
  onHeaderFault?: (fault: LoadstoneError) => void;
  /** Maximum size of a record with its line ending. Longer ones are skipped. */
  maxRecordBytes: number;
  blockBytes?: number;
  /** Default: those of the settings. */
  unpackLimits?: UnpackLimits;
  /** For an upload that is still arriving; may be changed while reading. */
  readAhead?: ReadAhead;
  signal?: AbortSignal;
}

/** A file whose header has been read. Iterate over its blocks, once, or dispose of it. */
export interface BlockReader extends AsyncIterable<Block>, AsyncDisposable {
  header: Header;
  encoding: FileEncoding;
  format: Format;
  /** As it is read: a workbook has no options. */
  dialect: Required<Pick<StoredDialect, 'quoting' | 'skipInitialSpace'>>;
  /** @returns what is worth a warning in the sheet of a workbook, as far as it was read */
  sheetWarnings(): ImportWarning[];
  /** Reuses the buffer of a block that is no longer needed. */
  recycle(buffer: ArrayBuffer): void;
}

const BLOCK_BYTES = 1024 * 1024;
/** Of the CSV that a sheet becomes. */
const WORKBOOK_DIALECT: Dialect = { delimiter: ',', encoding: 'utf-8', quoting: 'STANDARD' };

/**
 * Opens an upload, which may still be arriving, and reads its header.
 *
 * @throws LoadstoneError for an invalid file, here or while reading its blocks; the signal's reason
 */
export async function openBlockReader(
  spool: Pick<Spool, 'follow' | 'openComplete'>,
  id: string,
  options: ReadOptions,
): Promise<BlockReader> {
  const { signal, maxRecordBytes, blockBytes = BLOCK_BYTES } = options;
  await using opened = new AsyncDisposableStack();

  let spoolBytes = 0;
  let format: Format;
  const notes = noNotes();
  const buffers = new ReadBuffers();
  async function* counted() {
    for await (const chunk of spool.follow(id, signal, options.readAhead, buffers)) {
      spoolBytes += chunk.length;
      yield chunk;
    }
  }
  const upload: ReadableUpload = {
    stream: opened.use(new ByteStream(counted())),
    openComplete: () => spool.openComplete(id, signal),
    readBytes: () => spoolBytes,
    unpackLimits: options.unpackLimits ?? DEFAULT_UNPACK_LIMITS,
    onPosition: (bytes) => {
      spoolBytes = bytes;
    },
    warn: options.onWarning ?? (() => {}),
    workbook: {
      sheet: options.sheet,
      notes,
      onFound: () => {
        format = 'xlsx';
      },
    },
  };
  const beginning = await upload.stream.peek(FORMAT_BYTES);
  if (isCompoundFile(beginning)) refuseEncrypted(await upload.stream.peek(DIRECTORY_BYTES));
  format = detectFormat(beginning);
  const file = opened.use(new ByteStream(decompress(upload, format)));
  const head = format === 'plain' ? undefined : await file.peek(FORMAT_BYTES);
  const isWorkbook = (format as Format) === 'xlsx';
  if (head && !isWorkbook) refuseNested(head, format);
  const { encoding: label, quoting, skipInitialSpace, ...others } = isWorkbook ? WORKBOOK_DIALECT : options;
  const delimiter = others.delimiter === undefined ? undefined : parseDelimiter(others.delimiter);
  const { encoding, text: decoded } = await decodeText(file, label);
  const text = opened.use(new ByteStream(withoutLastCtrlZ(decoded)));

  const before = await skipPreamble(text, delimiter);
  if (before.separator) options.onWarning?.(separatorLine(before.separator, delimiter));
  const sample = await text.peek(MAX_HEADER_BYTES + 1);
  const given = {
    delimiter: delimiter ?? before.separator?.delimiter,
    quoting,
    skipInitialSpace,
    hasCodedBreaks: isWorkbook,
  };
  const { mapping, defaults, keepColumns } = options;
  const context = {
    encoding,
    isDelimiterGiven: delimiter !== undefined,
    columnOptions: { mapping, defaults, keepColumns },
  };
  const { header, byteLength, fault } = readHeader(sample, given, context);
  if (fault && !options.onHeaderFault) throw fault;
  if (fault) options.onHeaderFault?.(fault);
  const guessed = header.mapping.filter(({ isGuessed }) => isGuessed);
  if (guessed.length > 0) options.onWarning?.(guessedColumnsWarning(guessed));
  if (keepColumns) warnOfColumnsNotKept(header, options);
  const firstLine = 1 + before.lines + countLineEndings(sample, 0, byteLength);
  text.skip(byteLength);

  const resources = opened.move();
  const dialect = { delimiter: header.delimiter, quoting, skipInitialSpace };
  const fieldCounts = fieldCountRange(header.columns);
  const isWholeFile = sample.length <= MAX_HEADER_BYTES;
  const multilineColumns = findMultilineColumns(
    sample.subarray(byteLength, MAX_HEADER_BYTES),
    isWholeFile,
    dialect,
    fieldCounts,
  );
  const cutter = new BlockSplitter({
    dialect,
    fieldCounts,
    multilineColumns,
    firstLine,
    maxRecordBytes,
    blockBytes,
  });
  async function* blocks(): AsyncGenerator<Block, void, undefined> {
    await using _ = resources;
    let index = 0;
    async function* numbered(found: Iterable<RecordBlock | undefined>) {
      for (const block of found) {
        if (block) {
          yield { ...block, index: index++, spoolBytes };
          continue;
        }
        await nextSlice();
        signal?.throwIfAborted();
      }
    }
    for await (const chunk of text) {
      yield* numbered(cutter.push(chunk));
      buffers.giveBack(chunk);
    }
    yield* numbered(cutter.end());
  }
  const iterator = blocks();
  return {
    header,
    encoding,
    format,
    dialect: { quoting: quoting ?? 'STANDARD', skipInitialSpace: skipInitialSpace ?? false },
    sheetWarnings: () => sheetWarnings(notes, header.skuIndex),
    recycle: (buffer) => cutter.recycle(buffer),
    [Symbol.asyncIterator]: () => iterator,
    async [Symbol.asyncDispose]() {
      await resources.disposeAsync();
      cutter.clear();
      buffers.clear();
    },
  };
}

/** DOS ends files with Ctrl-Z, and pads them with it. */
async function* withoutLastCtrlZ(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let held = 0;
  for await (const chunk of chunks) {
    const end = chunk.findLastIndex((byte) => byte !== CTRL_Z) + 1;
    if (end > 0 && held > 0) yield Buffer.alloc(held, CTRL_Z);
    held = (end > 0 ? 0 : held) + chunk.length - end;
    if (end > 0) yield chunk.subarray(0, end);
  }
}

function warnOfColumnsNotKept({ columns }: Header, { onWarning }: ReadOptions): void {
  const unnamed = columns.flatMap((column, index) => (isBlank(column) ? [index + 1] : []));
  const added = addedIssueColumns(columns).map((index) => columns[index] ?? '');
  if (unnamed.length > 0 || added.length > 0) onWarning?.(columnsNotKeptWarning(unnamed, added));
}

function separatorLine({ delimiter, line }: Separator, given: number | undefined): ImportWarning {
  const use =
    given === undefined
      ? 'Its delimiter is used.'
      : 'The option `delimiter` is used instead of its delimiter.';
  const message = `The line "sep=${String.fromCharCode(delimiter)}" before the header is not a row. ${use}`;
  return { code: 'SEPARATOR_LINE', message, line };
}
