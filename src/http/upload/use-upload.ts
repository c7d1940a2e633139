// Handles GraphQL multipart requests. The resolver gets the file as a stream while it is being uploaded.

import type { IncomingMessage } from 'node:http';
import type { Plugin } from 'graphql-yoga';
import type { HttpContext } from '../server-context.ts';
import { countVariableUses } from './count-variable-uses.ts';
import { readMultipartRequest } from './multipart-reader.ts';
import { usedTwice } from './upload-errors.ts';
import type { UploadLimits } from './upload-limits.ts';
import { type UploadSlotSettings, UploadSlots } from './upload-slots.ts';

export function useUpload(limits: UploadLimits & UploadSlotSettings): Plugin<HttpContext, HttpContext> {
  const slots = new UploadSlots(limits);
  /** The name of the variable that holds each request's file. */
  const variables = new WeakMap<IncomingMessage, string>();
  return {
    onRequestParse({ setRequestParser, serverContext: { req, over, watchRevocation, identity } }) {
      if (!isUpload(req)) return;
      setRequestParser(async () => {
        slots.take({ req, identity }, over);
        const { params, variable } = await readMultipartRequest(req, limits, over, watchRevocation);
        variables.set(req, variable);
        return params;
      });
    },
    onExecute({ args }) {
      const variable = variables.get(args.contextValue.req);
      if (variable !== undefined && countVariableUses(variable, args) > 1) throw usedTwice();
    },
  };
}

export function isUpload({ method, headers }: IncomingMessage): boolean {
  return method === 'POST' && /^multipart\/form-data\b/i.test(headers['content-type'] ?? '');
}
