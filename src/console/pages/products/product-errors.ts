// What the server says about a product that it did not save.

import type { CombinedError } from 'urql';
import { extensionsOf } from '../../api/error-extensions.ts';
import { errorMessage } from '../../utils/errors/error-message.ts';
import type { Product } from './documents.ts';

/** The product that is in the way, if the error has this code. */
export function productOf(
  error: CombinedError | undefined,
  code: 'CONFLICT' | 'ALREADY_EXISTS',
): Product | undefined {
  const { code: found, product } = extensionsOf(error);
  return found === code ? (product ?? undefined) : undefined;
}

export function isGone(error: CombinedError | undefined): boolean {
  return error?.graphQLErrors.some(({ extensions }) => extensions['code'] === 'NOT_FOUND') ?? false;
}

export function saveErrorMessage(error: CombinedError): string {
  return error.networkError
    ? 'The server cannot be reached right now, so the change may or may not have been saved. It is safe to try again when the server is back.'
    : errorMessage(error);
}
