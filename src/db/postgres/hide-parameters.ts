// Parameters of statements have no place in logs: they are values of products, and headers with which sources are fetched.

import { DrizzleQueryError } from 'drizzle-orm';

/**
 * Takes the parameters out of the errors of Drizzle, which puts them into its messages; also where another error has such a
 * one as its cause.
 *
 * @returns the error itself, changed
 */
export function hideParameters<Thrown>(thrown: Thrown): Thrown {
  const seen = new Set<unknown>();
  for (let error: unknown = thrown; error instanceof Error && !seen.has(error); error = error.cause) {
    seen.add(error);
    if (error instanceof DrizzleQueryError) redact(error);
  }
  return thrown;
}

function redact(error: DrizzleQueryError): void {
  const shown = `Failed query: ${error.query}`;
  error.stack = error.stack?.replace(error.message, () => shown) ?? '';
  error.message = shown;
  error.params = [];
}
