// The file of an upload, as the resolver gets it.

import type { IncomingMessage } from 'node:http';
import { type Readable, Transform } from 'node:stream';
import type { PartHeaders, PartInfo } from './part-headers.ts';
import { fileTooLarge } from './upload-errors.ts';
import type { UploadLimits } from './upload-limits.ts';

/** The file of a request, in the shape of graphql-upload-minimal. */
export interface IncomingFile {
  fieldName: string;
  filename: string;
  mimetype: string;
  encoding: string;
  /** Bytes of the whole request, an upper bound of the file's size; undefined with chunked encoding. */
  sizeHint: number | undefined;
  /** The file as it arrives; it can be read once. Emits an error if the file does not arrive whole. */
  createReadStream(): Readable;
}

const DEFAULT_FILE_NAME = 'unnamed';

export function incomingFile(
  { headers: { 'content-length': length } }: IncomingMessage,
  { name, fileName }: PartInfo,
  headers: PartHeaders,
  content: Readable,
): IncomingFile {
  return {
    fieldName: name,
    filename: fileName || DEFAULT_FILE_NAME,
    mimetype: headers['content-type']?.[0] ?? 'text/plain',
    encoding: headers['content-transfer-encoding']?.[0] ?? '7bit',
    sizeHint: length === undefined ? undefined : Number(length),
    createReadStream: () => content,
  };
}

/** Passes a file through; emits FILE_TOO_LARGE when it exceeds the limit. */
export function limitSize(limits: UploadLimits): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      bytes += chunk.length;
      if (bytes > limits.maxUploadBytes) callback(fileTooLarge(limits));
      else callback(null, chunk);
    },
  });
}
