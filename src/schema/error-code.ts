// The codes of errors, as clients see them in results.

import { ERROR_CODES } from '../codes/error-codes.ts';
import { builder } from './builder.ts';
import { codeValues } from './code-values.ts';

export const ErrorCodeRef = builder.enumType('ErrorCode', {
  description:
    'Why something failed. Values never change; new ones may be added. Errors of a request have their code in `extensions.code`.',
  values: codeValues(ERROR_CODES),
});
