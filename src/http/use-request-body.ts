// Reads the body of a request that uploads nothing: bounded in size and in time.

import type { IncomingMessage } from 'node:http';
import type { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { refusal } from './refusal.ts';
import type { HttpContext } from './server-context.ts';
import { isUpload } from './use-upload.ts';

const MAX_BODY_BYTES = 1024 * 1024;
const MAX_BODY_MS = 30_000;

export function useRequestBody(): Plugin<object, HttpContext> {
  return {
    onRequestParse({ request, requestParser, setRequestParser, serverContext, fetchAPI }) {
      if (!requestParser || isUpload(serverContext.req)) return;
      setRequestParser(async () => {
        const { url, method, headers, signal } = request;
        const body = method === 'POST' ? await readBody(serverContext.req) : null;
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

function readBody(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise<Buffer<ArrayBuffer>>((resolve, reject) => {
    const stop = (error: Error) => {
      clearTimeout(deadline);
      request.pause().off('data', onData);
      reject(error);
    };
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) stop(tooLarge());
      else chunks.push(chunk);
    };
    const deadline = setTimeout(() => {
      stop(
        refusal(
          408,
          'BAD_USER_INPUT',
          `The request took longer than ${MAX_BODY_MS / 1000} s to arrive. Send it again.`,
        ),
      );
    }, MAX_BODY_MS);
    if (Number(request.headers['content-length']) > MAX_BODY_BYTES) return stop(tooLarge());
    request
      .on('data', onData)
      .once('end', () => resolve(Buffer.concat(chunks)))
      .once('error', () =>
        stop(refusal(400, 'BAD_USER_INPUT', 'The connection was lost. Send the request again.')),
      )
      .once('close', () => clearTimeout(deadline));
  });
}

function tooLarge(): GraphQLError {
  const message = `A request without a file is limited to ${MAX_BODY_BYTES} bytes. Send files as a GraphQL multipart request.`;
  return refusal(413, 'BAD_USER_INPUT', message);
}
