// Answers subscriptions, and other operations for clients that prefer it, with Server-Sent Events.

import type { ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Metrics } from '../../../telemetry/metrics.ts';
import type { HttpContext } from '../../server-context.ts';
import { EVENT_STREAM } from '../requests/preferred-type.ts';
import { responseType } from '../requests/use-negotiation.ts';
import { streamOf } from '../results/result-stream.ts';
import { abortable } from './abortable.ts';
import { EventStream } from './event-stream.ts';
import { whileAllowed } from './while-allowed.ts';

const HEADERS = {
  'content-type': `${EVENT_STREAM}; charset=utf-8`,
  'cache-control': 'no-cache',
  // Turns off buffering in nginx.
  'x-accel-buffering': 'no',
};

/** @param subscribers counts the running subscriptions */
export function useSubscriptionsSse(
  keepAliveMs: number,
  subscribers: Metrics['of']['subscribers'],
): Plugin<object, HttpContext> {
  /** Counts a subscription until its response is over: then its results are returned. */
  function counted(results: AsyncIterableIterator<ExecutionResult>, over: AbortSignal) {
    if (over.aborted) return results;
    subscribers.inc({ transport: 'sse' });
    over.addEventListener('abort', () => subscribers.dec({ transport: 'sse' }), { once: true });
    return results;
  }
  return {
    onResultProcess({ request, result, setResultProcessor, serverContext }) {
      if (responseType(request, result) !== EVENT_STREAM) return;
      const { over, onStream, onEndless, watchAccess } = serverContext;
      setResultProcessor((outcome, fetchAPI) => {
        const stream = streamOf(outcome as ExecutionResult);
        if (stream) onEndless();
        const results = stream
          ? counted(whileAllowed(stream, over, watchAccess), over)
          : abortable(single(outcome as ExecutionResult), { signal: over });
        onStream(new EventStream(results, keepAliveMs));
        return new fetchAPI.Response(null, { headers: HEADERS });
      }, EVENT_STREAM);
    },
  };
}

async function* single(result: ExecutionResult): AsyncGenerator<ExecutionResult> {
  yield result;
}
