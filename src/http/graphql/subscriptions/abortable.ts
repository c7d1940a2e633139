// Makes an async iterable abortable: it ends at once, even while its source has a pending `next()`.

interface AbortableOptions {
  /** Aborting it completes the iterable, without an error. */
  signal?: AbortSignal;
  /** Called once, however the iterable ends. */
  onEnd?: () => void;
}

/**
 * Yields the values of `source`. The `return()` of an async generator queues behind its pending `next()`; here `return()`
 * and the signal take effect immediately. The source's own `return()` is called, but not awaited.
 */
export function abortable<T>(
  source: AsyncIterable<T>,
  { signal, onEnd }: AbortableOptions,
): AsyncIterableIterator<T> {
  const iterator = source[Symbol.asyncIterator]();
  const done: IteratorResult<T> = { done: true, value: undefined };
  let ended = false;
  let settlePending: ((result: IteratorResult<T>) => void) | undefined;

  const end = () => {
    if (ended) return;
    ended = true;
    signal?.removeEventListener('abort', end);
    settlePending?.(done);
    onEnd?.();
    iterator.return?.().catch(() => {});
  };
  signal?.addEventListener('abort', end);
  if (signal?.aborted) end();

  return {
    async next() {
      if (ended) return done;
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
