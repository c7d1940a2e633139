// The codes of errors, as clients see them in results.

import { ERROR_CODES, type ErrorCode, type ErrorDescription } from '../codes/error-codes.ts';
import { builder } from './builder.ts';

export const ErrorCodeRef = builder.enumType('ErrorCode', {
  description:
    'Why something failed. Values never change; new ones may be added. Errors of a request have their code in `extensions.code`.',
  values: Object.fromEntries(Object.entries(ERROR_CODES).map(descriptionOf)) as Record<ErrorCode, EnumValue>,
});

type EnumValue = { description: string };

function descriptionOf([code, { meaning, action }]: [string, ErrorDescription]): [string, EnumValue] {
  return [code, { description: `${meaning} ${action}` }];
}
