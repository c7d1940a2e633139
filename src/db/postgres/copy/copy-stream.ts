// The stream of a COPY query. postgres.js hands it over in a promise: an error that arrives in the same packet is emitted
// before anybody who awaits the promise can listen, and would end the process. As the stream is destroyed with the error,
// whoever uses it is told all the same.

import { Stream } from 'node:stream';

/** @returns the query */
export function withEarlyErrors<Query extends object>(query: Query): Query {
  const internals = query as unknown as { resolve: (value: unknown) => void };
  const { resolve } = internals;
  // It is called again at the end of the statement, without a stream.
  internals.resolve = (value) => {
    if (value instanceof Stream) value.on('error', () => {});
    resolve(value);
  };
  return query;
}
