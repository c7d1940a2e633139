// Ends an async iterable from outside, at once, even while its source is silent.

/** What may end an iterable before its source does, and who wants to know when it is over. */
interface Ending {
  /** The iterable completes when it aborts. */
  signal?: AbortSignal;
  /** Called once, however the iterable ended. */
  onEnd?: () => void;
}

/**
 * The values of `source`. An async generator that waits cannot be interrupted: its `return()` queues behind the
 * pending `next()`. Here `return()` and the signal take effect immediately; the source is told and not waited for.
 */
export function abortable<T>(source: AsyncIterable<T>, { signal, onEnd }: Ending): AsyncIterableIterator<T> {
  const iterator = source[Symbol.asyncIterator]();
  const done: IteratorResult<T> = { done: true, value: undefined };
  let over = false;
  let settlePending: ((result: IteratorResult<T>) => void) | undefined;

  const end = () => {
    if (over) return;
    over = true;
    signal?.removeEventListener('abort', end);
    settlePending?.(done);
    onEnd?.();
    iterator.return?.().catch(() => {});
  };
  signal?.addEventListener('abort', end);
  if (signal?.aborted) end();

  return {
    async next() {
      if (over) return done;
      try {
        const result = await new Promise<IteratorResult<T>>((resolve, reject) => {
          settlePending = resolve;
          iterator.next().then(resolve, reject);
        });
        if (result.done) end();
        return result;
      } catch (error) {
        end();
        throw error;
      }
    },
    async return() {
      end();
      return done;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
