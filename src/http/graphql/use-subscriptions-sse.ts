// Subscriptions as Server-Sent Events: the graphql-sse protocol, in its "distinct connections mode".
//
// One event is asked of the subscription for each that the connection took, so that a subscriber that does not read
// costs one event and not a backlog. (Both Yoga's own processor and graphql-sse's handler buffer ahead.)
//
// `complete` is the end of the subscription and of nothing else: clients take it as final. A server that closes cuts the
// connection instead, and they come back.

import { setTimeout as delay } from 'node:timers/promises';
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
  // Asks a reverse proxy not to collect events.
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

/** A comment now and then shows a silent connection to be alive, to us as to the client. */
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

/** @returns what the promise gives, or undefined when it does not within this time */
async function settledWithin<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  const timer = new AbortController();
  const timeout = delay(milliseconds, undefined, { signal: timer.signal }).catch(() => undefined);
  return Promise.race([promise, timeout]).finally(() => timer.abort());
}
