// Takes GraphQL multipart requests: the file reaches the resolver while it still arrives.

import type { IncomingMessage } from 'node:http';
import type { Plugin } from 'graphql-yoga';
import type { HttpContext } from '../server-context.ts';
import { countVariableUses } from './count-variable-uses.ts';
import { usedTwice } from './multipart-fields.ts';
import { readMultipartRequest, type UploadLimits } from './multipart-reader.ts';

export function useUpload(limits: UploadLimits): Plugin<HttpContext, HttpContext> {
  /** The variables in which the requests under way have their files. */
  const variables = new WeakMap<IncomingMessage, string>();
  return {
    onRequestParse({ setRequestParser, serverContext: { req, over } }) {
      if (!isUpload(req)) return;
      setRequestParser(async () => {
        const { params, variable } = await readMultipartRequest(req, limits, over);
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
