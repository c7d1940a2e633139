// Reads a GraphQL multipart request (https://github.com/jaydenseric/graphql-multipart-request-spec) as it arrives:
// the operation can run as soon as the file begins, and the file flows through it with back-pressure.

import type { IncomingMessage } from 'node:http';
import { type Readable, Transform } from 'node:stream';
import busboy from 'busboy';
import { Upload } from 'graphql-upload-minimal';
import type { GraphQLParams } from 'graphql-yoga';
import { LoadstoneError } from '../errors.ts';
import { badMultipart, type FilePlace, parseMap, parseOperations } from './multipart-fields.ts';

export interface UploadLimits {
  maxUploadBytes: number;
  /** For how long a client may send nothing while we wait for it. */
  uploadIdleSeconds: number;
}

/** The file of a request, in the shape of graphql-upload-minimal. */
export interface IncomingFile {
  fieldName: string;
  filename: string;
  mimetype: string;
  encoding: string;
  /** Bytes of the whole request, an upper bound of the file's size; undefined when it comes in chunks. */
  sizeHint: number | undefined;
  /** The file as it arrives, once. It errors when the file does not arrive whole. */
  createReadStream(): Readable;
}

const MAX_FIELD_BYTES = 1024 * 1024;
/** Two fields and a file, and some slack to recognize what is too much. */
const MAX_PARTS = 8;
/** What a request can hold beside its file. */
const MAX_OVERHEAD_BYTES = 4 * MAX_FIELD_BYTES;

/**
 * @returns the operation, with an `Upload` in place, once the file begins to arrive
 * @throws LoadstoneError BAD_MULTIPART, FILE_TOO_LARGE or UPLOAD_INTERRUPTED; after the file began, its stream
 *   errors with it
 */
export async function readMultipartRequest(
  request: IncomingMessage,
  limits: UploadLimits,
): Promise<GraphQLParams> {
  const length = Number(request.headers['content-length']);
  if (length > limits.maxUploadBytes + MAX_OVERHEAD_BYTES) throw fileTooLarge(limits);
  return new MultipartReader(request, createParser(request), limits).operation;
}

function createParser({ headers }: IncomingMessage): busboy.Busboy {
  const limits = { fieldSize: MAX_FIELD_BYTES, files: 1, parts: MAX_PARTS };
  try {
    return busboy({ headers, defParamCharset: 'utf8', limits });
  } catch (cause) {
    throw badMultipart('The Content-Type must be multipart/form-data with a boundary.', { cause });
  }
}

class MultipartReader {
  readonly operation: Promise<GraphQLParams>;
  readonly #request: IncomingMessage;
  readonly #parser: busboy.Busboy;
  readonly #limits: UploadLimits;
  readonly #operation = Promise.withResolvers<GraphQLParams>();
  readonly #idle: NodeJS.Timeout;
  #params: GraphQLParams | undefined;
  #place: FilePlace | undefined;
  #file: Transform | undefined;
  #over = false;

  constructor(request: IncomingMessage, parser: busboy.Busboy, limits: UploadLimits) {
    this.#request = request;
    this.#parser = parser;
    this.#limits = limits;
    this.operation = this.#operation.promise;
    this.#idle = setTimeout(() => this.#onSilence(), limits.uploadIdleSeconds * 1000);

    parser
      .on('field', (name, value, { valueTruncated }) =>
        this.#guard(() => this.#onField(name, value, valueTruncated)),
      )
      .on('file', (name, source, info) => this.#guard(() => this.#onFile(name, source, info)))
      .on('filesLimit', () => this.#fail(badMultipart('Send one file per request: this one holds several.')))
      .on('partsLimit', () =>
        this.#fail(badMultipart('Send "operations", "map" and one file: there are more parts.')),
      )
      .on('finish', () => this.#onFinish())
      // A parser may report one fault more than once.
      .on('error', (cause) => {
        const message = `The multipart body is malformed or ends too early (${(cause as Error).message}). Send it whole.`;
        this.#fail(badMultipart(message, { cause }));
      });
    request
      .on('data', () => this.#idle.refresh())
      .once('end', () => clearTimeout(this.#idle))
      .once('error', () => this.#onGone())
      .once('close', () => this.#onGone())
      .pipe(parser)
      .once('unpipe', () => queueMicrotask(() => this.#onUnread()));
  }

  #onField(name: string | undefined, value: string, truncated: boolean): void {
    if (truncated)
      throw badMultipart(`The field "${name}" is larger than ${MAX_FIELD_BYTES} bytes. Make it smaller.`);
    if (name === 'operations' && !this.#params) {
      this.#params = parseOperations(value);
    } else if (name === 'map' && !this.#place) {
      if (!this.#params)
        throw badMultipart('"map" comes before "operations". Send "operations", "map", then the file.');
      this.#place = parseMap(value, this.#params);
    } else {
      throw badMultipart(
        'Send the fields "operations" and "map", once each, then the file, and no other field.',
      );
    }
  }

  #onFile(fieldName: string, source: Readable, info: busboy.FileInfo): void {
    source.on('error', () => {}); // The parser reports it too.
    if (!this.#params || !this.#place) {
      throw badMultipart(
        'The file comes before "operations" and "map". Send "operations", "map", then the file.',
      );
    }
    if (fieldName !== this.#place.partName) {
      throw badMultipart(
        `"map" names the file ${JSON.stringify(this.#place.partName)}, but another part was sent.`,
      );
    }
    // The file ends when the request did, not before: until then it may turn out to be malformed.
    const file = source.pipe(limitSize(this.#limits), { end: false });
    file.on('error', (error) => this.#fail(error));
    file.once('close', () => this.#fail(interrupted('The server stopped reading the file before its end.')));
    this.#file = file;

    const length = this.#request.headers['content-length'];
    const incoming: IncomingFile = {
      fieldName,
      filename: info.filename ?? '',
      mimetype: info.mimeType,
      encoding: info.encoding,
      sizeHint: length === undefined ? undefined : Number(length),
      createReadStream: () => file,
    };
    this.#place.fill(Object.assign(new Upload(), { promise: Promise.resolve(incoming) }));
    this.#operation.resolve(this.#params);
  }

  #onFinish(): void {
    if (this.#file) {
      this.#over = true;
      this.#file.end();
    } else {
      const missing = this.#place
        ? 'the file'
        : this.#params
          ? '"map" and the file'
          : '"operations", "map" and the file';
      this.#fail(badMultipart(`The request lacks ${missing}. Send "operations", "map", then the file.`));
    }
  }

  #onGone(): void {
    clearTimeout(this.#idle);
    if (this.#request.complete) return;
    this.#fail(interrupted('The connection was lost before the whole file had arrived. Upload it again.'));
  }

  /** Whoever answers a request takes it off its reader; so does a parser that fails, just before it says why. */
  #onUnread(): void {
    this.#fail(interrupted('The request was answered before the whole file was read.'));
  }

  #onSilence(): void {
    // It is not the client's fault when it was us who did not read.
    if (this.#parser.writableNeedDrain) return void this.#idle.refresh();
    const seconds = this.#limits.uploadIdleSeconds;
    this.#fail(interrupted(`The upload stood still for ${seconds} s and was cut. Upload the file again.`));
  }

  #guard(step: () => void): void {
    try {
      if (!this.#over) step();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#idle);
    this.#request.unpipe(this.#parser);
    this.#parser.destroy();
    this.#file?.destroy(error);
    this.#operation.reject(error);
  }
}

function limitSize(limits: UploadLimits): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      bytes += chunk.length;
      if (bytes > limits.maxUploadBytes) callback(fileTooLarge(limits));
      else callback(null, chunk);
    },
  });
}

function fileTooLarge({ maxUploadBytes }: UploadLimits): LoadstoneError {
  const message = `The file is larger than this server takes, ${maxUploadBytes} bytes. Split or compress it, or raise MAX_UPLOAD_BYTES.`;
  return new LoadstoneError('FILE_TOO_LARGE', message);
}

function interrupted(message: string): LoadstoneError {
  return new LoadstoneError('UPLOAD_INTERRUPTED', message);
}
