// Errors whose message is written for clients or operators. Any other error is masked, and logged with a reference.

import type { ErrorCode } from './codes/error-codes.ts';

/** Its message tells the client what is wrong and what to do. */
export class LoadstoneError extends Error {
  readonly code: ErrorCode;
  /** Sent in the `extensions` of the error, for programs. */
  readonly details: Record<string, unknown>;

  constructor(
    code: ErrorCode,
    message: string,
    { details = {}, ...options }: ErrorOptions & { details?: Record<string, unknown> } = {},
  ) {
    super(message, options);
    this.name = 'LoadstoneError';
    this.code = code;
    this.details = details;
  }
}

/** The server cannot start with its settings. Its message tells the operator what to change. */
export class SettingsError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SettingsError';
  }
}
