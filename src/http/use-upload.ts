// Takes GraphQL multipart requests: the file reaches the resolver while it still arrives.

import type { IncomingMessage } from 'node:http';
import type { Plugin } from 'graphql-yoga';
import { readMultipartRequest, type UploadLimits } from './multipart-reader.ts';
import type { HttpContext } from './server-context.ts';

export function useUpload(limits: UploadLimits): Plugin<object, HttpContext> {
  return {
    onRequestParse({ setRequestParser, serverContext: { req } }) {
      if (isUpload(req)) setRequestParser(() => readMultipartRequest(req, limits));
    },
  };
}

export function isUpload({ method, headers }: IncomingMessage): boolean {
  return method === 'POST' && /^multipart\/form-data\b/i.test(headers['content-type'] ?? '');
}
