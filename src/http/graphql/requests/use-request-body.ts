// Reads the operation of a request without a file.

import type { GraphQLError } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { parseJson } from '../../../json/json-reader.ts';
import { httpError } from '../../http-error.ts';
import type { HttpContext } from '../../server-context.ts';
import { isUpload } from '../../upload/use-upload.ts';
import type { BodyLimits } from '../limits/body-limits.ts';
import { notUtf8, readBody, refusalOfJson } from './read-body.ts';

export function useRequestBody(bodyLimits: BodyLimits): Plugin<object, HttpContext> {
  return {
    onRequestParse({ request, requestParser, setRequestParser, serverContext, fetchAPI }) {
      if (!requestParser || isUpload(serverContext.req)) return;
      setRequestParser(async () => {
        const { url, method, headers, signal } = request;
        const type = headers.get('content-type') ?? '';
        // There is room for others once the operation is known.
        using body = method === 'POST' ? await readBody(serverContext.req, bodyLimits, type) : undefined;
        const text = body?.text ?? null;
        if (text !== null && FORM.test(type) && !isDecodable(text)) throw notUtf8();
        const parse = async () => {
          const params = await requestParser(
            new fetchAPI.Request(url, { method, headers, signal, body: text }),
          );
          const variables = text !== null && FORM.test(type) && new URLSearchParams(text).get('variables');
          return variables ? { ...params, variables: parseJson(Buffer.from(variables)) as object } : params;
        };
        const params = body && text === null ? paramsOf(body.json) : await withValidJson(parse);
        if (Array.isArray(params)) throw batch();
        return params;
      });
    },
  };
}

const FORM = /^application\/x-www-form-urlencoded\b/i;

/** @throws GraphQLError BAD_REQUEST */
function paramsOf(json: unknown): GraphQLParams {
  if (typeof json === 'object' && json !== null) return json;
  throw httpError(400, 'BAD_REQUEST', 'The body must be a JSON object, with "query" in it.');
}

/** @throws GraphQLError BAD_REQUEST or BAD_USER_INPUT if the variables of a form or an address cannot be read */
async function withValidJson<T>(parse: () => Promise<T>): Promise<T> {
  try {
    return await parse();
  } catch (error) {
    throw refusalOfJson(error);
  }
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

function batch(): GraphQLError {
  const message = 'Send one operation per request: batches are not supported.';
  return httpError(400, 'BAD_REQUEST', message);
}
