// Reads a GraphQL multipart request (https://github.com/jaydenseric/graphql-multipart-request-spec) as it arrives:
// the operation can run as soon as the file begins, and the file flows through it with back-pressure.

import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { type Readable, Transform } from 'node:stream';
import { MIMEType } from 'node:util';
import { Dicer } from '@fastify/busboy';
import { Upload } from 'graphql-upload-minimal';
import type { GraphQLParams } from 'graphql-yoga';
import { LoadstoneError } from '../../errors.ts';
import { LeastRate } from './least-rate.ts';
import { badMultipart, type FilePlace, parseMap, parseOperations } from './multipart-fields.ts';
import { type PartHeaders, type PartInfo, readPartHeaders } from './part-headers.ts';

export interface UploadLimits {
  maxUploadBytes: number;
  /** For how long a client may send nothing while we wait for it. */
  uploadIdleSeconds: number;
  /** A client that sends more slowly is cut; 0 for no such limit. */
  uploadMinBytesPerSecond: number;
  /** Over what time that is measured. */
  uploadRateSeconds?: number;
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
/** What a request can hold beside its file. */
const MAX_OVERHEAD_BYTES = 4 * MAX_FIELD_BYTES;
const RATE_SECONDS = 30;
const DEFAULT_FILE_NAME = 'unnamed';
const SHOWN_NAME_LENGTH = 80;
const FIELDS = ['operations', 'map'] as const;

type Field = (typeof FIELDS)[number];

/** An operation whose file has begun to arrive. */
export interface UploadOperation {
  params: GraphQLParams;
  /** The variable that has the file. */
  variable: string;
}

/**
 * Takes the parts by their names, whatever else their headers say. The order counts only where it must: the file comes
 * last, as it is not kept.
 *
 * @param answered aborts when nobody reads the file any more
 * @returns the operation, with an `Upload` in place, once the file begins to arrive
 * @throws LoadstoneError BAD_MULTIPART, BAD_USER_INPUT, FILE_TOO_LARGE, UPLOAD_INTERRUPTED or UPLOAD_TOO_SLOW; after the
 *   file began, its stream errors with it
 */
export async function readMultipartRequest(
  request: IncomingMessage,
  limits: UploadLimits,
  answered: AbortSignal,
): Promise<UploadOperation> {
  const length = Number(request.headers['content-length']);
  if (length > limits.maxUploadBytes + MAX_OVERHEAD_BYTES) throw fileTooLarge(limits);
  const reader = new MultipartReader(request, createParser(request), limits);
  answered.addEventListener('abort', () => reader.leave(), { once: true });
  return reader.operation;
}

function createParser({ headers }: IncomingMessage): Dicer {
  try {
    const boundary = new MIMEType(headers['content-type'] ?? '').params.get('boundary');
    if (!boundary) throw new Error('there is no boundary');
    return new Dicer({ boundary });
  } catch (cause) {
    throw badMultipart('The Content-Type must be multipart/form-data with a boundary.', { cause });
  }
}

class MultipartReader {
  readonly operation: Promise<UploadOperation>;
  readonly #request: IncomingMessage;
  readonly #parser: Dicer;
  readonly #limits: UploadLimits;
  readonly #operation = Promise.withResolvers<UploadOperation>();
  readonly #idle: NodeJS.Timeout;
  readonly #eachSecond: NodeJS.Timeout;
  readonly #rate: LeastRate;
  readonly #fields = new Map<Field, string>();
  #params: GraphQLParams | undefined;
  #place: FilePlace | undefined;
  #bytes = 0;
  /** Parts are read one after the other, as they came. */
  #reading: Promise<void> = Promise.resolve();
  #hasHeaders = true;
  #isWhole = false;
  #file: Transform | undefined;
  #over = false;

  constructor(request: IncomingMessage, parser: Dicer, limits: UploadLimits) {
    this.#request = request;
    this.#parser = parser;
    this.#limits = limits;
    this.operation = this.#operation.promise;
    this.#rate = new LeastRate(limits.uploadMinBytesPerSecond, limits.uploadRateSeconds ?? RATE_SECONDS);
    this.#idle = setTimeout(() => this.#onSilence(), limits.uploadIdleSeconds * 1000);
    this.#eachSecond = setInterval(() => this.#onSecond(), 1000);

    parser
      .on('part', (part) => this.#onPart(part))
      .on('finish', () => {
        this.#isWhole = true;
        this.#stopClocks();
        // It may never take the rest of what it was given; nothing of use comes behind the last part.
        request.unpipe(parser).resume();
        this.#inTurn(() => this.#onFinish());
      })
      // A parser may report one fault more than once.
      .on('error', (cause) => this.#fail(malformed(cause)));
    request
      .on('data', (chunk: Buffer) => this.#onBytes(chunk.length))
      .once('error', () => this.#onGone())
      .once('close', () => this.#onGone())
      .pipe(parser)
      // A parser that was given all of the request is off it too, though it may hold parts that nobody has read yet.
      .once('unpipe', () => queueMicrotask(() => parser.writableEnded || this.leave()));
  }

  #onBytes(count: number): void {
    this.#idle.refresh();
    this.#rate.note(count);
    this.#bytes += count;
    if (!this.#file && this.#bytes > MAX_OVERHEAD_BYTES) {
      this.#fail(
        badMultipart(`No file comes in the first ${MAX_OVERHEAD_BYTES} bytes of the request. ${ORDER}.`),
      );
    }
  }

  #onPart(part: Readable): void {
    part.on('error', () => {}); // The parser reports it too.
    if (!this.#hasHeaders) return void this.#fail(unreadable());
    this.#hasHeaders = false;
    part.once('header', (headers: PartHeaders) => {
      this.#hasHeaders = true;
      this.#inTurn(() => this.#readPart(readPartHeaders(headers), part, headers));
    });
  }

  async #readPart(info: PartInfo | undefined, part: Readable, headers: PartHeaders): Promise<void> {
    if (!info) throw unreadable();
    refuseTransferEncoding(info.name, headers['content-transfer-encoding']?.[0]);
    const field = FIELDS.find((name) => name === info.name);
    if (field) return this.#readField(field, part);
    const missing = FIELDS.find((name) => !this.#fields.has(name));
    if (missing) throw badMultipart(`The part ${shown(info.name)} comes before ${shown(missing)}. ${ORDER}.`);
    if (this.#file) {
      throw badMultipart(`Send one file per request: the part ${shown(info.name)} comes behind the file.`);
    }
    const place = this.#findPlace();
    if (place && info.name !== place.partName) {
      throw badMultipart(
        `"map" names the file ${shown(place.partName)}, but the part ${shown(info.name)} was sent. Give both the same name.`,
      );
    }
    if (place) await this.#readFile(place, info, part, headers);
  }

  async #readField(name: Field, part: Readable): Promise<void> {
    if (this.#fields.has(name)) throw badMultipart(`The part ${shown(name)} is there twice. Send it once.`);
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of part) {
      bytes += chunk.length;
      if (bytes > MAX_FIELD_BYTES) {
        throw badMultipart(
          `The part ${shown(name)} is larger than ${MAX_FIELD_BYTES} bytes. Make it smaller.`,
        );
      }
      chunks.push(chunk);
    }
    this.#fields.set(name, textOf(name, Buffer.concat(chunks)));
    this.#findPlace();
  }

  /** Reads both fields as soon as they are there. */
  #findPlace(): FilePlace | undefined {
    const operations = this.#fields.get('operations');
    const map = this.#fields.get('map');
    if (operations !== undefined) this.#params ??= parseOperations(operations);
    if (this.#params && map !== undefined) this.#place ??= parseMap(map, this.#params);
    return this.#place;
  }

  async #readFile(
    place: FilePlace,
    { name, fileName }: PartInfo,
    part: Readable,
    headers: PartHeaders,
  ): Promise<void> {
    // The file ends when the request did, not before: until then it may turn out to be malformed.
    const read = once(part, 'end');
    const file = part.pipe(limitSize(this.#limits), { end: false });
    file.on('error', (error) => this.#fail(error));
    file.once('close', () => this.#fail(interrupted('The server stopped reading the file before its end.')));
    this.#file = file;

    const length = this.#request.headers['content-length'];
    const incoming: IncomingFile = {
      fieldName: name,
      filename: fileName || DEFAULT_FILE_NAME,
      mimetype: headers['content-type']?.[0] ?? 'text/plain',
      encoding: headers['content-transfer-encoding']?.[0] ?? '7bit',
      sizeHint: length === undefined ? undefined : Number(length),
      createReadStream: () => file,
    };
    place.fill(Object.assign(new Upload(), { promise: Promise.resolve(incoming) }));
    if (this.#params) this.#operation.resolve({ params: this.#params, variable: place.variable });
    await read;
  }

  #onFinish(): void {
    if (!this.#hasHeaders) throw unreadable();
    if (this.#file) {
      this.#over = true;
      this.#file.end();
      return;
    }
    const missing = FIELDS.filter((name) => !this.#fields.has(name)).map(shown);
    const called = this.#place ? `, whose part "map" calls ${shown(this.#place.partName)}` : '';
    throw badMultipart(`The request lacks ${[...missing, 'the file'].join(' and ')}. ${ORDER}${called}.`);
  }

  #onGone(): void {
    this.#stopClocks();
    if (this.#request.complete) return;
    this.#fail(interrupted('The connection was lost before the whole file had arrived. Upload it again.'));
  }

  /**
   * Whoever answers a request takes it off its reader, or is done with it; a parser that fails does so too, just before it
   * says why.
   */
  leave(): void {
    if (this.#isWhole) return;
    // With its connection a response is over too, and may be so first.
    if (this.#request.socket.destroyed) this.#onGone();
    this.#fail(interrupted('The request was answered before the whole file was read.'));
  }

  #onSilence(): void {
    // It is not the client's fault when it was us who did not read.
    if (this.#parser.writableNeedDrain) return void this.#idle.refresh();
    const seconds = this.#limits.uploadIdleSeconds;
    this.#fail(interrupted(`The upload stood still for ${seconds} s and was cut. Upload the file again.`));
  }

  #onSecond(): void {
    if (!this.#parser.writableNeedDrain && this.#rate.tick()) this.#fail(tooSlow(this.#limits));
  }

  #stopClocks(): void {
    clearTimeout(this.#idle);
    clearInterval(this.#eachSecond);
  }

  #inTurn(step: () => Promise<void> | void): void {
    this.#reading = this.#reading
      .then(() => {
        if (!this.#over) return step();
      })
      .catch((error: Error) => this.#fail(error instanceof LoadstoneError ? error : malformed(error)));
  }

  #fail(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopClocks();
    this.#request.unpipe(this.#parser);
    this.#parser.destroy();
    this.#file?.destroy(error);
    this.#operation.reject(error);
  }
}

/** @throws LoadstoneError BAD_MULTIPART for bytes that would be replaced by other characters */
function textOf(field: Field, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw badMultipart(`The part ${shown(field)} is not UTF-8. Send its JSON text in UTF-8.`, { cause });
  }
}

/** Libraries for mail write multipart bodies too; HTTP knows none of their encodings. */
function refuseTransferEncoding(part: string, encoding: string | undefined): void {
  if (!/^\s*(base64|quoted-printable)\s*$/i.test(encoding ?? '')) return;
  throw badMultipart(
    `The part ${shown(part)} has the Content-Transfer-Encoding ${shown(String(encoding).trim())}. Send its bytes as they are.`,
  );
}

const ORDER = 'Send "operations", "map", then the file';

function shown(name: string): string {
  return JSON.stringify(name.length > SHOWN_NAME_LENGTH ? `${name.slice(0, SHOWN_NAME_LENGTH)}…` : name);
}

function malformed(cause: Error): LoadstoneError {
  const message = `The multipart body is malformed or ends too early (${cause.message}). Send it whole.`;
  return badMultipart(message, { cause });
}

function unreadable(): LoadstoneError {
  return badMultipart(
    'A part has no header that names it. Give each one such as: Content-Disposition: form-data; name="operations".',
  );
}

function tooSlow({
  uploadMinBytesPerSecond,
  uploadRateSeconds = RATE_SECONDS,
}: UploadLimits): LoadstoneError {
  return new LoadstoneError(
    'UPLOAD_TOO_SLOW',
    `The upload came more slowly than ${uploadMinBytesPerSecond} bytes a second for ${uploadRateSeconds} s and was cut. Send the file again, by a faster way or compressed, with the same id or another; or lower UPLOAD_MIN_BYTES_PER_SECOND.`,
  );
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
