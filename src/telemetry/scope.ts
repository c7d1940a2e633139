// What the current work is for: the request, the import and the span that it belongs to. It follows asynchronous calls.

import { AsyncLocalStorage } from 'node:async_hooks';
import type { Span } from '@opentelemetry/api';

export interface Scope {
  /** The id of the HTTP request. An import goes on with that of the request that started it. */
  request?: string | undefined;
  /** The id of the import. */
  import?: string | undefined;
  /** The span that is in progress; undefined without tracing. */
  span?: Span | undefined;
}

const storage = new AsyncLocalStorage<Scope>();
const NONE: Scope = {};

export function currentScope(): Scope {
  return storage.getStore() ?? NONE;
}

/** Runs work in the current scope, with these changes. */
export function inScope<Result>(changes: Scope, work: () => Result): Result {
  return storage.run({ ...currentScope(), ...changes }, work);
}
