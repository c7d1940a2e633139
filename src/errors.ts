// Errors whose message is written for clients or operators. Any other error is masked, and logged with a reference.

import type { ErrorCode } from './codes/error-codes.ts';
import type { FieldErrorCode } from './codes/field-error-codes.ts';

/** What is wrong with one field of an input. */
export interface FieldError {
  /** The name of the field or argument; with dots within an object, such as `filter.name`. */
  field: string;
  code: FieldErrorCode;
  message: string;
}

interface LoadstoneErrorOptions extends ErrorOptions {
  details?: Record<string, unknown>;
  fields?: readonly FieldError[];
}

/** Its message tells the client what is wrong and what to do. */
export class LoadstoneError extends Error {
  readonly code: ErrorCode;
  /** The wrong fields of the input, if it is a matter of these. */
  readonly fields: readonly FieldError[];
  /** Sent in the `extensions` of the error, for programs. */
  readonly details: Record<string, unknown>;

  constructor(
    code: ErrorCode,
    message: string,
    { details = {}, fields = [], ...options }: LoadstoneErrorOptions = {},
  ) {
    super(message, options);
    this.name = 'LoadstoneError';
    this.code = code;
    this.fields = fields;
    // Clients of versions that named one field read `field`.
    this.details = fields[0] ? { ...details, field: fields[0].field, fields } : details;
  }
}

/** An error because of a single field. */
export function fieldError(
  field: string,
  code: FieldErrorCode,
  message: string,
  errorCode: ErrorCode = 'BAD_USER_INPUT',
): LoadstoneError {
  return new LoadstoneError(errorCode, message, { fields: [{ field, code, message }] });
}

/** Runs all checks of an input, so that a client learns at once of all fields that are wrong. */
export class FieldChecks {
  readonly #failed: LoadstoneError[] = [];

  /**
   * @returns what the check returns; undefined if it found a wrong field
   * @throws what the check throws, unless it names fields
   */
  run<Value>(check: () => Value): Value | undefined {
    try {
      return check();
    } catch (error) {
      this.#keep(error);
      return undefined;
    }
  }

  /** As `run`, for a check that has to wait. */
  async wait<Value>(check: () => Promise<Value>): Promise<Value | undefined> {
    try {
      return await check();
    } catch (error) {
      this.#keep(error);
      return undefined;
    }
  }

  /** @throws LoadstoneError with all wrong fields, and the code of the first; nothing if there is none */
  finish(): void {
    const [first, ...others] = this.#failed;
    if (!first) return;
    if (others.length === 0) throw first;
    const fields = this.#failed.flatMap((error) => error.fields);
    const message = [...new Set(fields.map((each) => each.message))].join(' ');
    throw new LoadstoneError(first.code, message, { fields });
  }

  #keep(error: unknown): void {
    if (!(error instanceof LoadstoneError) || error.fields.length === 0) throw error;
    this.#failed.push(error);
  }
}

/** The server cannot start with its settings. Its message tells the operator what to change. */
export class SettingsError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SettingsError';
  }
}
