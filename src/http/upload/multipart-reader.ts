// Reads a GraphQL multipart request (https://github.com/jaydenseric/graphql-multipart-request-spec) as a stream: the
// operation runs as soon as the file begins to arrive, and the file is read with backpressure.

import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { MIMEType } from 'node:util';
import { Dicer } from '@fastify/busboy';
import { Upload } from 'graphql-upload-minimal';
import type { GraphQLParams } from 'graphql-yoga';
import { LoadstoneError } from '../../errors.ts';
import type { HttpContext } from '../server-context.ts';
import { incomingFile, limitSize } from './incoming-file.ts';
import { type FilePlace, parseMap, parseOperations } from './multipart-fields.ts';
import {
  headerBytes,
  MAX_PART_HEADER_BYTES,
  type PartHeaders,
  type PartInfo,
  readPartHeaders,
} from './part-headers.ts';
import { MAX_FIELD_BYTES, readField } from './read-field.ts';
import {
  badMultipart,
  fileTooLarge,
  malformedBody,
  PART_ORDER,
  partHeadersTooLarge,
  quoted,
  unnamedPart,
  uploadInterrupted,
} from './upload-errors.ts';
import type { UploadLimits } from './upload-limits.ts';
import { UploadWatchdog } from './upload-watchdog.ts';

/** What a request may contain besides its file. */
const MAX_OVERHEAD_BYTES = 4 * MAX_FIELD_BYTES;
/** RFC 2046, section 5.1.1. */
const MAX_BOUNDARY_LENGTH = 70;
const FIELDS = ['operations', 'map'] as const;

type Field = (typeof FIELDS)[number];

/** An operation whose file has begun to arrive. */
export interface UploadOperation {
  params: GraphQLParams;
  /** The name of the variable that holds the file. */
  variable: string;
}

/**
 * Identifies parts by name. Their order matters only in that the file comes last, as it is not buffered.
 *
 * @param answered aborts when the response has been sent, so that nobody reads the file any more
 * @param watchRevocation the token that is revoked ends the upload
 * @returns the operation, with an `Upload` in its variables, once the file begins to arrive
 * @throws LoadstoneError BAD_MULTIPART, BAD_USER_INPUT, FILE_TOO_LARGE, UPLOAD_INTERRUPTED or UPLOAD_TOO_SLOW; once the
 *   file has begun, its stream emits the error instead
 */
export async function readMultipartRequest(
  request: IncomingMessage,
  limits: UploadLimits,
  answered: AbortSignal,
  watchRevocation: HttpContext['watchRevocation'],
): Promise<UploadOperation> {
  const length = Number(request.headers['content-length']);
  if (length > limits.maxUploadBytes + MAX_OVERHEAD_BYTES) throw fileTooLarge(limits);
  const reader = new MultipartReader(request, createParser(request), limits);
  const unwatch = watchRevocation((reason) => reader.refuse(reason));
  answered.addEventListener('abort', unwatch, { once: true });
  answered.addEventListener('abort', () => reader.leave(), { once: true });
  return reader.operation;
}

function createParser({ headers }: IncomingMessage): Dicer {
  try {
    const boundary = new MIMEType(headers['content-type'] ?? '').params.get('boundary');
    if (!boundary) throw new Error('there is no boundary');
    if (boundary.length > MAX_BOUNDARY_LENGTH) throw new Error('the boundary is too long');
    return new Dicer({ boundary });
  } catch (cause) {
    const message = `The Content-Type must be multipart/form-data with a boundary of at most ${MAX_BOUNDARY_LENGTH} characters.`;
    throw badMultipart(message, { cause });
  }
}

class MultipartReader {
  readonly operation: Promise<UploadOperation>;
  readonly #request: IncomingMessage;
  readonly #parser: Dicer;
  readonly #limits: UploadLimits;
  readonly #operation = Promise.withResolvers<UploadOperation>();
  readonly #watchdog: UploadWatchdog;
  readonly #fields = new Map<Field, string>();
  #params: GraphQLParams | undefined;
  #place: FilePlace | undefined;
  #bytes = 0;
  /** Of whole chunks in which the headers of a part go on. The parser may see their end only in the chunk after it. */
  #headerBytes = 0;
  /** Parts are read one after the other, in the order of arrival. */
  #reading: Promise<void> = Promise.resolve();
  #hasPartHeaders = true;
  #isComplete = false;
  #file: Transform | undefined;
  #isSettled = false;

  constructor(request: IncomingMessage, parser: Dicer, limits: UploadLimits) {
    this.#request = request;
    this.#parser = parser;
    this.#limits = limits;
    this.operation = this.#operation.promise;
    this.#watchdog = new UploadWatchdog({
      limits,
      isPaused: () => parser.writableNeedDrain,
      onTimeout: (error) => this.#fail(error),
    });

    parser
      .on('part', (part) => this.#onPart(part))
      .on('finish', () => {
        this.#isComplete = true;
        this.#watchdog.stop();
        // The parser may never consume what follows the last part, so it is discarded.
        request.unpipe(parser).resume();
        this.#enqueue(() => this.#onFinish());
      })
      // The parser may report an error more than once.
      .on('error', (cause) => this.#fail(malformedBody(cause)));
    request
      .on('data', (chunk: Buffer) => this.#onBytes(chunk.length))
      .once('error', () => this.#onClose())
      .once('close', () => this.#onClose())
      .pipe(parser)
      // Once the whole request has been written to the parser, it is unpiped too, though parts may still be unread.
      .once('unpipe', () => queueMicrotask(() => parser.writableEnded || this.leave()));
  }

  #onBytes(count: number): void {
    this.#watchdog.onBytes(count);
    this.#bytes += count;
    if (this.#hasPartHeaders) this.#headerBytes = 0;
    else if (this.#headerBytes > MAX_PART_HEADER_BYTES) this.#fail(partHeadersTooLarge());
    else this.#headerBytes += count;
    if (!this.#file && this.#bytes > MAX_OVERHEAD_BYTES) {
      this.#fail(
        badMultipart(`The first ${MAX_OVERHEAD_BYTES} bytes of the request contain no file. ${PART_ORDER}.`),
      );
    }
  }

  #onPart(part: Readable): void {
    part.on('error', () => {}); // The parser emits it too.
    if (!this.#hasPartHeaders) return void this.#fail(unnamedPart());
    this.#hasPartHeaders = false;
    part.once('header', (headers: PartHeaders) => {
      this.#hasPartHeaders = true;
      if (headerBytes(headers) > MAX_PART_HEADER_BYTES) return void this.#fail(partHeadersTooLarge());
      this.#enqueue(() => this.#readPart(readPartHeaders(headers), part, headers));
    });
  }

  async #readPart(info: PartInfo | undefined, part: Readable, headers: PartHeaders): Promise<void> {
    if (!info) throw unnamedPart();
    rejectTransferEncoding(info.name, headers['content-transfer-encoding']?.[0]);
    const field = FIELDS.find((name) => name === info.name);
    if (field) return this.#readField(field, part);
    const missing = FIELDS.find((name) => !this.#fields.has(name));
    if (missing)
      throw badMultipart(`The part ${quoted(info.name)} comes before ${quoted(missing)}. ${PART_ORDER}.`);
    if (this.#file) {
      throw badMultipart(`Send one file per request: the part ${quoted(info.name)} comes after the file.`);
    }
    const place = this.#findPlace();
    if (place && info.name !== place.partName) {
      throw badMultipart(
        `"map" names the file ${quoted(place.partName)}, but the part ${quoted(info.name)} was sent. Give both the same name.`,
      );
    }
    if (place) await this.#readFile(place, info, part, headers);
  }

  async #readField(name: Field, part: Readable): Promise<void> {
    if (this.#fields.has(name)) throw badMultipart(`The part ${quoted(name)} is there twice. Send it once.`);
    this.#fields.set(name, await readField(name, part));
    this.#findPlace();
  }

  /** Parses each field as soon as it has arrived. */
  #findPlace(): FilePlace | undefined {
    const operations = this.#fields.get('operations');
    const map = this.#fields.get('map');
    if (operations !== undefined) this.#params ??= parseOperations(operations);
    if (this.#params && map !== undefined) this.#place ??= parseMap(map, this.#params);
    return this.#place;
  }

  async #readFile(place: FilePlace, info: PartInfo, part: Readable, headers: PartHeaders): Promise<void> {
    // The file's stream ends with the request, not with its part: until then the request may turn out to be malformed.
    const read = once(part, 'end');
    const file = part.pipe(limitSize(this.#limits), { end: false });
    file.on('error', (error) => this.#fail(error));
    file.once('close', () =>
      this.#fail(uploadInterrupted('The server stopped reading the file before its end.')),
    );
    this.#file = file;

    const incoming = incomingFile(this.#request, info, headers, file);
    place.fill(Object.assign(new Upload(), { promise: Promise.resolve(incoming) }));
    if (this.#params) this.#operation.resolve({ params: this.#params, variable: place.variable });
    await read;
  }

  #onFinish(): void {
    if (!this.#hasPartHeaders) throw unnamedPart();
    if (this.#file) {
      this.#isSettled = true;
      this.#file.end();
      return;
    }
    const missing = FIELDS.filter((name) => !this.#fields.has(name)).map(quoted);
    const called = this.#place ? `, whose part "map" calls ${quoted(this.#place.partName)}` : '';
    throw badMultipart(
      `The request lacks ${[...missing, 'the file'].join(' and ')}. ${PART_ORDER}${called}.`,
    );
  }

  #onClose(): void {
    this.#watchdog.stop();
    if (this.#request.complete) return;
    this.#fail(
      uploadInterrupted('The connection was lost before the whole file had arrived. Upload it again.'),
    );
  }

  /**
   * Called when the request is answered or unpiped before its end. The parser also unpipes it when it fails, just before it
   * emits the error.
   */
  leave(): void {
    if (this.#isComplete) return;
    // When a connection closes, its response may close before its request does.
    if (this.#request.socket.destroyed) this.#onClose();
    this.#fail(uploadInterrupted('The request was answered before the whole file was read.'));
  }

  /** Called when the client may not upload any more. A file that has arrived as a whole is no longer its upload. */
  refuse(reason: string): void {
    if (!this.#isComplete) this.#fail(uploadInterrupted(`${reason} Upload the file again with a valid one.`));
  }

  #enqueue(step: () => Promise<void> | void): void {
    this.#reading = this.#reading
      .then(() => {
        if (!this.#isSettled) return step();
      })
      .catch((error: Error) => this.#fail(error instanceof LoadstoneError ? error : malformedBody(error)));
  }

  #fail(error: Error): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#watchdog.stop();
    this.#request.unpipe(this.#parser);
    this.#parser.destroy();
    this.#file?.destroy(error);
    this.#operation.reject(error);
  }
}

/** Mail libraries write multipart bodies with encodings that HTTP does not have (RFC 7578, section 4.7). */
function rejectTransferEncoding(part: string, encoding: string | undefined): void {
  if (!/^\s*(base64|quoted-printable)\s*$/i.test(encoding ?? '')) return;
  throw badMultipart(
    `The part ${quoted(part)} has the Content-Transfer-Encoding ${quoted(String(encoding).trim())}. Send its bytes as they are.`,
  );
}
