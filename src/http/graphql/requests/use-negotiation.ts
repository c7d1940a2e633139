// Negotiates the response's media type before anything is executed, and rejects requests that could not be answered.

import { type DocumentNode, type ExecutionResult, type GraphQLError, getOperationAST } from 'graphql';
import { type Plugin, processRegularResult } from 'graphql-yoga';
import { httpError, isHttpError } from '../../http-error.ts';
import type { HttpContext } from '../../server-context.ts';
import { streamOf } from '../results/result-stream.ts';
import {
  EVENT_STREAM,
  GRAPHQL_TYPE,
  JSON_TYPE,
  preferredType,
  RESULT_TYPES,
  STREAM_TYPES,
} from './preferred-type.ts';

/** Content codings that compress. Any other value, such as identity, leaves the bytes unchanged. */
const COMPRESSED = /\b(gzip|deflate|br|zstd|compress)\b/i;

const DOCUMENT_ERRORS: unknown[] = [
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'QUERY_TOO_COMPLEX',
  'QUERY_TOO_EXPENSIVE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'PERSISTED_QUERY_ONLY',
];

/** Must come after all plugins that set the request parser. */
export function useNegotiation(): Plugin<object, HttpContext> {
  return {
    onRequestParse({ request, requestParser }) {
      if (request.method === 'POST') checkBody(request.headers, requestParser !== undefined);
      if (!preferredType(request.headers.get('accept'), RESULT_TYPES)) throw notAcceptable();
    },
    onParse() {
      return ({ result, context }) => {
        const { request, params } = context as { request?: Request; params?: { operationName?: string } };
        if (!request || result instanceof Error) return;
        const operation = getOperationAST(result as DocumentNode, params?.operationName)?.operation;
        if (operation !== 'subscription') return;
        if (!preferredType(request.headers.get('accept'), STREAM_TYPES)) throw notAcceptable();
      };
    },
    onResultProcess({ request, result, setResultProcessor }) {
      if (isPartial(result)) dropStatuses(result.errors);
      const type = responseType(request, result);
      if (type !== EVENT_STREAM) setResultProcessor(processRegularResult as never, type);
    },
  };
}

/** @returns the media type for this result; always JSON for a rejected request, so that its HTTP status shows */
export function responseType(request: Request, result: unknown): string {
  const accept = request.headers.get('accept');
  if (streamOf(result as ExecutionResult)) return EVENT_STREAM;
  const { data, errors } = result as ExecutionResult;
  const isRejected =
    data === undefined && errors?.some((error) => isHttpError(error) && !isDocumentError(error));
  if (!isRejected) return preferredType(accept, RESULT_TYPES) ?? JSON_TYPE;
  return preferredType(accept, [JSON_TYPE, GRAPHQL_TYPE]) ?? JSON_TYPE;
}

/** Whether some fields failed and others did not. */
function isPartial(result: unknown): result is { errors: readonly GraphQLError[] } {
  const { data, errors } = result as ExecutionResult;
  return errors !== undefined && Object.values(data ?? {}).some((value) => value !== null);
}

/** What was done comes with status 200, though another field failed with an error that has a status of its own. */
function dropStatuses(errors: readonly GraphQLError[]): void {
  for (const { extensions } of errors) delete extensions['http'];
}

/** The graphql-sse protocol sends errors of the document or its variables as events. */
function isDocumentError({ extensions: { code, http } }: GraphQLError): boolean {
  return code === 'BAD_USER_INPUT'
    ? (http as { status: number }).status === 400
    : DOCUMENT_ERRORS.includes(code);
}

function checkBody(headers: Headers, isKnownType: boolean): void {
  const type = headers.get('content-type');
  if (!isKnownType) {
    const what = type ? `The Content-Type ${JSON.stringify(type)}` : 'A body without a Content-Type';
    throw unsupported(`${what} is not supported. ${SEND}`, { 'accept-post': ACCEPT_POST });
  }
  const charset = /;\s*charset\s*=\s*"?([^";\s,]+)/i.exec(type ?? '')?.[1];
  if (charset && !/^(utf-?8|us-ascii)$/i.test(charset))
    throw unsupported(`The charset ${JSON.stringify(charset)} is not supported. Send UTF-8.`);
  if (COMPRESSED.test(headers.get('content-encoding') ?? '')) {
    throw unsupported(
      'A Content-Encoding is not supported. Send the body uncompressed; a file in it may be compressed with gzip, zstd or zip.',
      { 'accept-encoding': 'identity' },
    );
  }
}

const SEND =
  'Send an operation as application/json, and one with a file as multipart/form-data (a GraphQL multipart request).';
const ACCEPT_POST = 'application/json, multipart/form-data';

function unsupported(message: string, headers: Record<string, string> = {}): GraphQLError {
  return httpError(415, 'UNSUPPORTED_MEDIA_TYPE', message, headers);
}

function notAcceptable(): GraphQLError {
  const message = `Queries and mutations are answered as ${JSON_TYPE} or ${GRAPHQL_TYPE}, subscriptions as Server-Sent Events (${EVENT_STREAM}) or over WebSocket (graphql-transport-ws). Send "Accept: ${JSON_TYPE}, ${EVENT_STREAM}", or no Accept header.`;
  return httpError(406, 'NOT_ACCEPTABLE', message);
}
