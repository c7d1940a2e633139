// What is wrong with a source, for whoever set it up. Messages contain no header, password or query.

import type { ErrorCode } from '../../codes/error-codes.ts';
import { type FieldError, LoadstoneError } from '../../errors.ts';

export class SourceError extends LoadstoneError {
  /** The source asked not to be requested before (Retry-After); undefined if it did not. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    { retryAfterMs, fields = [] }: { retryAfterMs?: number | undefined; fields?: readonly FieldError[] } = {},
  ) {
    super(code, message, { fields });
    this.name = 'SourceError';
    this.retryAfterMs = retryAfterMs;
  }
}

/** @returns for how long a source asked not to be requested, in milliseconds */
export function retryAfter(error: unknown): number {
  return (error instanceof SourceError && error.retryAfterMs) || 0;
}

/** An address without what may be secret: its query and user information. */
export function displayUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
