// Reads a request body without a file, limited in size and time. What is too large is refused as soon as that is seen.

import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { GraphQLError } from 'graphql';
import { JsonExcessError, JsonReader, NotUtf8Error, parseJson } from '../../../json/json-reader.ts';
import { JsonShape } from '../../../json/json-shape.ts';
import { ChunkList } from '../../../memory/chunk-list.ts';
import { freeChunk } from '../../../memory/free-chunk.ts';
import { httpError } from '../../http-error.ts';
import { type BodyLimits, SMALL_BODY_BYTES } from '../limits/body-limits.ts';

const JSON_BODY = /^application\/(graphql\+)?json\b/i;
const FORM = /^application\/x-www-form-urlencoded\b/i;
/** Of a form, whose variables are JSON that is looked over only once it is parsed. */
const MAX_FORM_BYTES = 64 * 1024;
/** Large JSON is read in pieces of this size. */
const PIECE_BYTES = 64 * 1024;
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/** Disposing of it makes room for others. */
export interface Body extends Disposable {
  /** The value of JSON. */
  json?: unknown;
  /** A body of another type, without a byte order mark. */
  text?: string;
}

/** @throws GraphQLError BAD_REQUEST or BAD_USER_INPUT, with the status 400, 408 or 413 */
export function readBody(
  request: IncomingMessage,
  bodyLimits: BodyLimits,
  contentType: string,
): Promise<Body> {
  return new BodyReading(request, bodyLimits, contentType).read();
}

class BodyReading {
  readonly #request: IncomingMessage;
  readonly #limits: BodyLimits;
  readonly #isForm: boolean;
  readonly #isJson: boolean;
  readonly #settled = Promise.withResolvers<Body>();
  readonly #held = new DisposableStack();
  readonly #collected = new ChunkList();
  readonly #shape = new JsonShape();
  /** Of large JSON. */
  #reader: JsonReader | undefined;
  #bytes = 0;
  #isLarge = false;
  #deadline: NodeJS.Timeout | undefined;
  /** Ends the wait for room. */
  readonly #over = new AbortController();

  constructor(request: IncomingMessage, limits: BodyLimits, contentType: string) {
    this.#request = request;
    this.#limits = limits;
    this.#isForm = FORM.test(contentType);
    this.#isJson = JSON_BODY.test(contentType);
  }

  read(): Promise<Body> {
    this.#startDeadline();
    if (this.#contentLength > this.#limits.maxBytes) this.#stop(tooLarge(this.#limits.maxBytes));
    else
      this.#request
        .on('data', this.#onData)
        .on('end', this.#onEnd)
        .on('error', this.#onError)
        .on('close', this.#onError);
    return this.#settled.promise;
  }

  /** 0 if it is not known. */
  get #contentLength(): number {
    return Number(this.#request.headers['content-length'] ?? 0);
  }

  readonly #onData = (chunk: Buffer) => this.#attempt(() => this.#take(chunk));

  readonly #onEnd = () => this.#attempt(() => this.#finish());

  readonly #onError = () => this.#stop(connectionLost());

  #take(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#limits.maxBytes) throw tooLarge(this.#limits.maxBytes);
    if (this.#isForm && this.#bytes > MAX_FORM_BYTES) throw formTooLarge();
    if (!this.#isForm && !this.#reader) refuseExcess(this.#shape.excessWith(chunk));
    this.#collected.add(chunk);
    if (this.#reader && this.#collected.bytes >= PIECE_BYTES) this.#readPiece(this.#reader);
    if (this.#bytes > SMALL_BODY_BYTES && !this.#isLarge)
      this.#waitForRoom().catch((error) => this.#stop(error));
  }

  async #waitForRoom(): Promise<void> {
    this.#isLarge = true;
    clearTimeout(this.#deadline);
    this.#request.pause();
    this.#held.use(await this.#limits.acquire(this.#over.signal, this.#contentLength || undefined));
    this.#startDeadline();
    if (this.#isJson) {
      this.#reader = new JsonReader();
      this.#readPiece(this.#reader);
    }
    this.#request.resume();
  }

  #readPiece(reader: JsonReader): void {
    const piece = this.#collected.takeBytes();
    const excess = reader.excessWith(piece);
    freeChunk(piece);
    refuseExcess(excess);
  }

  #finish(): void {
    const held = { [Symbol.dispose]: () => this.#held.dispose() };
    this.#settled.resolve(this.#isJson ? { json: this.#json(), ...held } : { text: this.#text(), ...held });
    this.#leave();
  }

  #json(): unknown {
    if (this.#reader) {
      this.#readPiece(this.#reader);
      return this.#reader.value();
    }
    const body = this.#collected.takeBytes();
    const value = parseJson(body);
    freeChunk(body);
    return value;
  }

  #text(): string {
    return textOf(this.#collected.takeBytes());
  }

  #attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#stop(error);
    }
  }

  #stop(error: unknown): void {
    this.#leave();
    this.#over.abort(error);
    this.#held.dispose();
    this.#collected[Symbol.dispose]();
    this.#request.pause();
    this.#settled.reject(refusalOfJson(error));
  }

  #leave(): void {
    clearTimeout(this.#deadline);
    this.#request
      .off('data', this.#onData)
      .off('end', this.#onEnd)
      .off('error', this.#onError)
      .off('close', this.#onError);
  }

  #startDeadline(): void {
    const milliseconds = this.#limits.timeoutMs(this.#isLarge);
    this.#deadline = setTimeout(() => this.#stop(timedOut(milliseconds)), milliseconds);
  }
}

/**
 * @returns the body without a byte order mark
 * @throws NotUtf8Error: replacement characters would end up in the catalogue
 */
function textOf(body: Buffer): string {
  if (!isUtf8(body)) throw new NotUtf8Error();
  const text = body.toString('utf8', body.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0);
  freeChunk(body);
  return text;
}

/** @throws JsonExcessError */
function refuseExcess(excess: string | undefined): void {
  if (excess) throw new JsonExcessError(excess);
}

/** @returns what to answer to JSON that cannot be read; any other error as it is */
export function refusalOfJson(error: unknown): unknown {
  if (error instanceof NotUtf8Error) return notUtf8();
  if (error instanceof JsonExcessError)
    return httpError(413, 'BAD_USER_INPUT', `The JSON ${error.message}. Split it into several requests.`);
  if (!(error instanceof SyntaxError)) return error;
  return httpError(400, 'BAD_REQUEST', `Send valid JSON: ${error.message}.`);
}

export function notUtf8(): GraphQLError {
  return httpError(400, 'BAD_REQUEST', 'The body is not UTF-8. Send it in UTF-8.');
}

function connectionLost(): GraphQLError {
  return httpError(400, 'BAD_USER_INPUT', 'The connection was lost. Send the request again.');
}

function timedOut(milliseconds: number): GraphQLError {
  const seconds = Math.round(milliseconds / 1000);
  return httpError(
    408,
    'BAD_USER_INPUT',
    `The request took longer than ${seconds} s to arrive. Send it again.`,
  );
}

function tooLarge(maxBytes: number): GraphQLError {
  const message = `A request without a file is limited to ${maxBytes} bytes, which follow from MAX_DESCRIPTION_LENGTH. Send files as a GraphQL multipart request.`;
  return httpError(413, 'BAD_USER_INPUT', message);
}

function formTooLarge(): GraphQLError {
  const message = `A form is limited to ${MAX_FORM_BYTES} bytes. Send the operation as application/json.`;
  return httpError(413, 'BAD_USER_INPUT', message);
}
