// Reads request bodies without a file, limited in size and time.

import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { GraphQLError } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { freeChunk } from '../../../memory/free-chunk.ts';
import { httpError } from '../../http-error.ts';
import { JsonShape } from '../../json-shape.ts';
import type { HttpContext } from '../../server-context.ts';
import { isUpload } from '../../upload/use-upload.ts';
import { type BodyLimits, SMALL_BODY_BYTES } from '../limits/body-limits.ts';

export function useRequestBody(bodyLimits: BodyLimits): Plugin<object, HttpContext> {
  return {
    onRequestParse({ request, requestParser, setRequestParser, serverContext, fetchAPI }) {
      if (!requestParser || isUpload(serverContext.req)) return;
      setRequestParser(async () => {
        const { url, method, headers, signal } = request;
        const type = headers.get('content-type') ?? '';
        // There is room for others once the body is parsed.
        using held = method === 'POST' ? await readBody(serverContext.req, bodyLimits, type) : undefined;
        const body = held?.text ?? null;
        if (body !== null && FORM.test(type) && !isDecodable(body)) throw notUtf8();
        try {
          const params =
            body !== null && JSON_BODY.test(type)
              ? parseParams(body)
              : await requestParser(new fetchAPI.Request(url, { method, headers, signal, body }));
          if (Array.isArray(params)) throw batch();
          return params;
        } catch (error) {
          if (error instanceof SyntaxError)
            throw httpError(400, 'BAD_REQUEST', `Send valid JSON: ${error.message}.`);
          throw error;
        }
      });
    },
  };
}

const JSON_BODY = /^application\/(graphql\+)?json\b/i;
const FORM = /^application\/x-www-form-urlencoded\b/i;
/** Of a form, whose variables are JSON that is looked over only once it is parsed. */
const MAX_FORM_BYTES = 64 * 1024;
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/**
 * As Yoga does, whose message for invalid JSON would have all of it.
 *
 * @throws SyntaxError; GraphQLError BAD_REQUEST
 */
function parseParams(body: string): GraphQLParams {
  const params: unknown = JSON.parse(body);
  if (typeof params === 'object' && params !== null) return params;
  throw httpError(400, 'BAD_REQUEST', 'The body must be a JSON object, with "query" in it.');
}

/**
 * @param pause between steps, each of which keeps the thread for as long as it takes to go through the body
 * @returns the body without a byte order mark
 * @throws GraphQLError BAD_REQUEST if it is not UTF-8: replacement characters would end up in the catalogue
 */
async function textOf(chunks: Buffer[], pause: () => Promise<void>): Promise<string> {
  const body = Buffer.concat(chunks);
  for (const chunk of chunks) freeChunk(chunk);
  await pause();
  if (!isUtf8(body)) throw notUtf8();
  const text = body.toString('utf8', body.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0);
  freeChunk(body);
  await pause();
  return text;
}

function isDecodable(form: string): boolean {
  try {
    // In a form, a % that starts no escape is literal.
    decodeURIComponent(form.replace(/%(?![0-9a-f]{2})/gi, '%25'));
    return true;
  } catch {
    return false;
  }
}

interface HeldBody extends Disposable {
  /** Without a byte order mark. */
  text: string;
}

/** What is too large is refused as soon as that is seen, so that no more of it is kept. */
function readBody(request: IncomingMessage, bodyLimits: BodyLimits, contentType: string): Promise<HeldBody> {
  const chunks: Buffer[] = [];
  const isForm = FORM.test(contentType);
  /** 0 if it is not known. */
  const contentLength = Number(request.headers['content-length'] ?? 0);
  const shape = new JsonShape();
  /** Of a large body, which waits for room. */
  let over: AbortController | undefined;
  const held = new DisposableStack();
  let bytes = 0;
  let isLarge = false;
  return new Promise<HeldBody>((resolve, reject) => {
    let deadline = setTimeout(
      () => stop(timedOut(bodyLimits.timeoutMs(isLarge))),
      bodyLimits.timeoutMs(isLarge),
    );
    const stop = (error: Error) => {
      clearTimeout(deadline);
      over?.abort(error);
      held.dispose();
      for (const chunk of chunks.splice(0)) freeChunk(chunk);
      request.pause().off('data', onData);
      reject(error);
    };
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bodyLimits.maxBytes) return stop(tooLarge(bodyLimits.maxBytes));
      if (isForm && bytes > MAX_FORM_BYTES) return stop(formTooLarge());
      const excess = isForm ? undefined : shape.excessWith(chunk);
      if (excess) return stop(tooManyValues(excess));
      chunks.push(chunk);
      if (bytes > SMALL_BODY_BYTES && !isLarge) waitForRoom().catch(stop);
    };
    const waitForRoom = async () => {
      isLarge = true;
      over = new AbortController();
      clearTimeout(deadline);
      request.pause();
      held.use(await bodyLimits.acquire(over.signal, contentLength || undefined));
      deadline = setTimeout(
        () => stop(timedOut(bodyLimits.timeoutMs(isLarge))),
        bodyLimits.timeoutMs(isLarge),
      );
      request.resume();
    };
    if (contentLength > bodyLimits.maxBytes) return stop(tooLarge(bodyLimits.maxBytes));
    request
      .on('data', onData)
      .once('end', () => {
        const pause = isLarge ? nextTurn : async () => {};
        const arrived = textOf(chunks.splice(0), pause);
        arrived.then((text) => resolve({ text, [Symbol.dispose]: () => held.dispose() })).catch(stop);
      })
      .once('error', () =>
        stop(httpError(400, 'BAD_USER_INPUT', 'The connection was lost. Send the request again.')),
      )
      .once('close', () => {
        clearTimeout(deadline);
        over?.abort();
      });
  });
}

function notUtf8(): GraphQLError {
  return httpError(400, 'BAD_REQUEST', 'The body is not UTF-8. Send it in UTF-8.');
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

function tooManyValues(excess: string): GraphQLError {
  return httpError(413, 'BAD_USER_INPUT', `The JSON ${excess}. Split it into several requests.`);
}

function batch(): GraphQLError {
  const message = 'Send one operation per request: batches are not supported.';
  return httpError(400, 'BAD_REQUEST', message);
}
