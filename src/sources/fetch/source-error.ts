// What is wrong with a source, in words for whoever set it up. No header, password or query gets into them.

import type { ErrorCode } from '../../codes/error-codes.ts';
import { LoadstoneError } from '../../errors.ts';

export class SourceError extends LoadstoneError {
  /** The source asks not to be bothered before; undefined if it does not say. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    {
      retryAfterMs,
      details = {},
    }: { retryAfterMs?: number | undefined; details?: Record<string, unknown> } = {},
  ) {
    super(code, message, { details });
    this.name = 'SourceError';
    this.retryAfterMs = retryAfterMs;
  }
}

/** @returns for how long a source asked not to be bothered, in milliseconds */
export function retryAfter(error: unknown): number {
  return (error instanceof SourceError && error.retryAfterMs) || 0;
}

/** An address as it may be shown: a query may hold a key, user information a password. */
export function shown(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
