// Reads the body of a request that uploads nothing: bounded in size and in time.

import type { IncomingMessage } from 'node:http';
import type { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { type BodyRoom, SMALL_BODY_BYTES } from './body-room.ts';
import { refusal } from './refusal.ts';
import type { HttpContext } from './server-context.ts';
import { isUpload } from './use-upload.ts';

export function useRequestBody(room: BodyRoom): Plugin<object, HttpContext> {
  return {
    onRequestParse({ request, requestParser, setRequestParser, serverContext, fetchAPI }) {
      if (!requestParser || isUpload(serverContext.req)) return;
      setRequestParser(async () => {
        const { url, method, headers, signal } = request;
        // Its place is free again once it is read: what is left then are the values.
        using held = method === 'POST' ? await readBody(serverContext.req, room) : undefined;
        const body = held?.body ?? null;
        try {
          return await requestParser(new fetchAPI.Request(url, { method, headers, signal, body }));
        } catch (error) {
          if (error instanceof SyntaxError)
            throw refusal(400, 'BAD_REQUEST', `Send valid JSON: ${error.message}.`);
          throw error;
        }
      });
    },
  };
}

interface HeldBody extends Disposable {
  body: Buffer<ArrayBuffer>;
}

function readBody(request: IncomingMessage, room: BodyRoom): Promise<HeldBody> {
  const chunks: Buffer[] = [];
  const over = new AbortController();
  const held = new DisposableStack();
  let bytes = 0;
  let isLarge = false;
  return new Promise<HeldBody>((resolve, reject) => {
    let deadline = setTimeout(() => stop(tooLate(room.arrivesWithin(isLarge))), room.arrivesWithin(isLarge));
    const stop = (error: Error) => {
      clearTimeout(deadline);
      over.abort(error);
      held.dispose();
      request.pause().off('data', onData);
      reject(error);
    };
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > room.maxBytes) return stop(tooLarge(room.maxBytes));
      chunks.push(chunk);
      if (bytes > SMALL_BODY_BYTES && !isLarge) waitForRoom().catch(stop);
    };
    const waitForRoom = async () => {
      isLarge = true;
      clearTimeout(deadline);
      request.pause();
      held.use(await room.enter(over.signal));
      deadline = setTimeout(() => stop(tooLate(room.arrivesWithin(isLarge))), room.arrivesWithin(isLarge));
      request.resume();
    };
    if (Number(request.headers['content-length']) > room.maxBytes) return stop(tooLarge(room.maxBytes));
    request
      .on('data', onData)
      .once('end', () => resolve({ body: Buffer.concat(chunks), [Symbol.dispose]: () => held.dispose() }))
      .once('error', () =>
        stop(refusal(400, 'BAD_USER_INPUT', 'The connection was lost. Send the request again.')),
      )
      .once('close', () => {
        clearTimeout(deadline);
        over.abort();
      });
  });
}

function tooLate(milliseconds: number): GraphQLError {
  const seconds = Math.round(milliseconds / 1000);
  return refusal(
    408,
    'BAD_USER_INPUT',
    `The request took longer than ${seconds} s to arrive. Send it again.`,
  );
}

function tooLarge(maxBytes: number): GraphQLError {
  const message = `A request without a file is limited to ${maxBytes} bytes, which follow from MAX_DESCRIPTION_LENGTH. Send files as a GraphQL multipart request.`;
  return refusal(413, 'BAD_USER_INPUT', message);
}
