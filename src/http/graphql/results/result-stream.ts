// The results of a subscription, as a stream that subscribers share or do not share.

import type { ExecutionResult } from 'graphql';
import { isAsyncIterable } from 'graphql-yoga';

type Stream = AsyncIterable<ExecutionResult>;

/**
 * A stream of results that subscribers share. Yoga takes it for a single result: it would wrap an async iterable in several
 * others for each subscriber, and passing an event through them costs more than sending it.
 */
export interface SharedStream extends ExecutionResult {
  sharedStream: Stream;
}

/** @returns undefined if the outcome of an operation is a single result */
export function streamOf(outcome: ExecutionResult | Stream): Stream | undefined {
  return isAsyncIterable<ExecutionResult>(outcome)
    ? outcome
    : (outcome as Partial<SharedStream>).sharedStream;
}
