// Reads the body of a request that uploads nothing: bounded in size and in time.

import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { httpError } from '../http-error.ts';
import type { HttpContext } from '../server-context.ts';
import { isUpload } from '../upload/use-upload.ts';
import { type BodyLimits, SMALL_BODY_BYTES } from './body-limits.ts';

export function useRequestBody(bodyLimits: BodyLimits): Plugin<object, HttpContext> {
  return {
    onRequestParse({ request, requestParser, setRequestParser, serverContext, fetchAPI }) {
      if (!requestParser || isUpload(serverContext.req)) return;
      setRequestParser(async () => {
        const { url, method, headers, signal } = request;
        // Its place is free again once it is read: what is left then are the values.
        using held = method === 'POST' ? await readBody(serverContext.req, bodyLimits) : undefined;
        const body = held ? textOf(held.body, headers.get('content-type')) : null;
        try {
          const params = await requestParser(new fetchAPI.Request(url, { method, headers, signal, body }));
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

const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/**
 * @returns the body without what some editors put before a text
 * @throws GraphQLError BAD_REQUEST for bytes that would be replaced by other characters, and so spoil what is stored
 */
function textOf(body: Buffer<ArrayBuffer>, contentType: string | null): Buffer<ArrayBuffer> {
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(contentType ?? '');
  if (!isUtf8(body) || (isForm && !isDecodable(body.toString())))
    throw httpError(400, 'BAD_REQUEST', 'The body is not UTF-8. Send it in UTF-8.');
  return body.subarray(0, 3).equals(BYTE_ORDER_MARK) ? body.subarray(3) : body;
}

function isDecodable(form: string): boolean {
  try {
    // A lone % stands for itself in a form.
    decodeURIComponent(form.replace(/%(?![0-9a-f]{2})/gi, '%25'));
    return true;
  } catch {
    return false;
  }
}

interface HeldBody extends Disposable {
  body: Buffer<ArrayBuffer>;
}

function readBody(request: IncomingMessage, bodyLimits: BodyLimits): Promise<HeldBody> {
  const chunks: Buffer[] = [];
  const over = new AbortController();
  const held = new DisposableStack();
  let bytes = 0;
  let isLarge = false;
  return new Promise<HeldBody>((resolve, reject) => {
    let deadline = setTimeout(
      () => stop(tooLate(bodyLimits.timeoutMs(isLarge))),
      bodyLimits.timeoutMs(isLarge),
    );
    const stop = (error: Error) => {
      clearTimeout(deadline);
      over.abort(error);
      held.dispose();
      request.pause().off('data', onData);
      reject(error);
    };
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bodyLimits.maxBytes) return stop(tooLarge(bodyLimits.maxBytes));
      chunks.push(chunk);
      if (bytes > SMALL_BODY_BYTES && !isLarge) waitForRoom().catch(stop);
    };
    const waitForRoom = async () => {
      isLarge = true;
      clearTimeout(deadline);
      request.pause();
      held.use(await bodyLimits.acquire(over.signal));
      deadline = setTimeout(
        () => stop(tooLate(bodyLimits.timeoutMs(isLarge))),
        bodyLimits.timeoutMs(isLarge),
      );
      request.resume();
    };
    if (Number(request.headers['content-length']) > bodyLimits.maxBytes)
      return stop(tooLarge(bodyLimits.maxBytes));
    request
      .on('data', onData)
      .once('end', () => resolve({ body: Buffer.concat(chunks), [Symbol.dispose]: () => held.dispose() }))
      .once('error', () =>
        stop(httpError(400, 'BAD_USER_INPUT', 'The connection was lost. Send the request again.')),
      )
      .once('close', () => {
        clearTimeout(deadline);
        over.abort();
      });
  });
}

function tooLate(milliseconds: number): GraphQLError {
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

function batch(): GraphQLError {
  const message = 'Send one operation per request: a list of them is not taken.';
  return httpError(400, 'BAD_REQUEST', message);
}
