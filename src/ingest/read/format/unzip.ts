// Extracts the one CSV file in a zip, or the data of a workbook, which is a zip too. The directory of a zip is at its end, so this needs the complete upload.

import type { FileHandle } from 'node:fs/promises';
import { fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { LoadstoneError } from '../../../errors.ts';
import { skippedBytesWarning } from '../warnings.ts';
import { UnpackMeter } from './bound-unpacked.ts';
import { corruptArchive } from './decompressor.ts';
import { FORMAT_BYTES, isProgram } from './detect-format.ts';
import type { ReadableUpload } from './readable-upload.ts';
import { readWorkbook } from './workbook/read-workbook.ts';
import { zipContent } from './zip-content.ts';
import { findContent, orCorruptArchive } from './zip-entries.ts';
import { findZip, type ZipExtent } from './zip-extent.ts';

/** @throws LoadstoneError CORRUPT_ARCHIVE, ARCHIVE_NOT_ONE_FILE, NOT_A_CSV, UNPACKED_TOO_LARGE; for a workbook as `readWorkbook` */
export async function* unzip({
  stream,
  openComplete,
  onPosition,
  unpackLimits,
  warn,
  workbook,
}: ReadableUpload): AsyncGenerator<Buffer, void, undefined> {
  await using file = await openComplete();
  const extent = await findZip(file);
  if (!extent) {
    if (isProgram(await stream.peek(FORMAT_BYTES))) throw program();
    throw corruptArchive('zip', new Error('its directory is missing'));
  }
  const zip = await orCorruptArchive(openZip(file, extent));
  const { size: fileBytes } = await file.stat();
  let readBytes = 0;
  // Parts may overlap, or be read twice; together they are no more than the file.
  const newMeter = () => new UnpackMeter(unpackLimits, () => Math.min(readBytes, fileBytes));
  const onRead = (bytes: number, position: number) => {
    readBytes += bytes;
    onPosition(position);
  };
  const opened = { zip, file, start: extent.start, onRead, meter: newMeter() };
  const found = await findContent(zip, warn);
  if ('parts' in found) {
    workbook.onFound();
    const open = async (path: string) => {
      const entry = found.parts.get(path.toLowerCase());
      return entry && zipContent(opened, entry);
    };
    // Its rows repeat the texts that they share, so they may be far more than its parts.
    yield* newMeter().measure(readWorkbook(open, workbook.sheet, workbook.notes));
  } else yield* zipContent(opened, found.entry);

  const skipped = extent.start + fileBytes - extent.end;
  if (skipped > 0) warn(skippedBytesWarning('zip', skipped));
}

function openZip(file: FileHandle, { start, end }: ZipExtent): Promise<ZipFile> {
  const options = { decodeStrings: false, autoClose: false };
  return fromRandomAccessReaderPromise(new FileRange(file, start), end - start, options);
}

/** The part of a file from `start`, for yauzl. */
class FileRange extends RandomAccessReader {
  readonly #file: FileHandle;
  readonly #start: number;

  constructor(file: FileHandle, start: number) {
    super();
    this.#file = file;
    this.#start = start;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    this.#file.read(buffer, offset, length, this.#start + position).then(
      ({ bytesRead }) => callback(null, bytesRead),
      (error: Error) => callback(error),
    );
  }
}

function program(): LoadstoneError {
  const message = 'The file is a program (binary), and not a self-extracting archive. Choose the CSV file.';
  return new LoadstoneError('NOT_A_CSV', message);
}
