// The id of a request: the client's own if it sends a usable one.

import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { traceIdOf } from './trace-parent.ts';

export const REQUEST_ID_HEADER = 'x-request-id';
/** Safe in headers, logs and shells. */
const USABLE = /^[\w.:/+=@-]{1,128}$/;

/** @returns what the client sends as X-Request-Id, else the trace id of its traceparent, else a random id */
export function requestIdOf(headers: IncomingHttpHeaders): string {
  const given = headers[REQUEST_ID_HEADER];
  if (typeof given === 'string' && USABLE.test(given)) return given;
  return traceIdOf(headers['traceparent']) ?? randomUUID();
}
