// Subscriptions as Server-Sent Events: the graphql-sse protocol, in its "distinct connections mode".
//
// With backpressure: the next event is pulled only when the connection has taken the last, so that a subscriber that does
// not read costs one event, not a backlog. (Yoga's processor and graphql-sse's handler both buffer ahead.)
//
// `complete` means that the subscription has ended; clients do not reconnect after it. So a server that shuts down closes
// the connection without it.

import type { ExecutionResult } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { formatResult } from '../format-result.ts';
import type { HttpContext } from '../server-context.ts';
import { abortable } from './abortable.ts';
import { EVENT_STREAM } from './preferred-type.ts';
import { responseType } from './use-negotiation.ts';

const HEADERS = {
  'content-type': `${EVENT_STREAM}; charset=utf-8`,
  'cache-control': 'no-cache',
  // Turns off buffering in nginx.
  'x-accel-buffering': 'no',
};

export function useSubscriptionsSse(keepAliveMs: number): Plugin<object, HttpContext> {
  return {
    onResultProcess({ request, result, setResultProcessor, serverContext: { over, onStream } }) {
      if (responseType(request, result) !== EVENT_STREAM) return;
      if (isAsyncIterable(result)) onStream();
      setResultProcessor((outcome, fetchAPI) => {
        const results = isAsyncIterable(outcome) ? outcome : single(outcome as ExecutionResult);
        const body = events(abortable(results, { signal: over }), keepAliveMs);
        // Async iterables are bodies in Node's types and in this fetchAPI, not yet in the DOM's types.
        return new fetchAPI.Response(body as unknown as BodyInit, { headers: HEADERS });
      }, EVENT_STREAM);
    },
  };
}

async function* single(result: ExecutionResult): AsyncGenerator<ExecutionResult> {
  yield result;
}

/** Comments keep an idle connection alive, and show both sides that it is. */
async function* events(
  results: AsyncIterator<ExecutionResult>,
  keepAliveMs: number,
): AsyncGenerator<Uint8Array> {
  const ping = Buffer.from(':\n\n');
  yield ping;
  try {
    let next = results.next();
    for (;;) {
      const result = await settledWithin(next, keepAliveMs);
      if (result === undefined) {
        yield ping;
      } else if (result.done) {
        yield Buffer.from('event: complete\ndata:\n\n');
        return;
      } else {
        yield Buffer.from(`event: next\ndata: ${JSON.stringify(formatResult(result.value))}\n\n`);
        next = results.next();
      }
    }
  } finally {
    await results.return?.();
  }
}

/** @returns the promise's value, or undefined if it does not settle within this time */
async function settledWithin<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  // Not an aborted wait of node:timers/promises, whose error costs more than the event.
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(late.resolve, milliseconds, undefined);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
