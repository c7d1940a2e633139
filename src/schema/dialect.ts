// How a file is read: what uploads and data sources can say alike.

import { builder } from './builder.ts';

export const QuotingRef = builder.enumType('Quoting', {
  description: 'What a quote (") means in a file.',
  values: {
    STANDARD: {
      description:
        'As in RFC 4180: a field in quotes may hold delimiters, line ends and doubled quotes ("").',
    },
    NONE: {
      description:
        'A quote is a character like any other, and each line is a row: for tab-separated text that is written without quoting.',
    },
  },
});

type InputFieldBuilder = PothosSchemaTypes.InputFieldBuilder<
  (typeof builder)['$inferSchemaTypes'],
  'InputObject'
>;

export function dialectFields(t: InputFieldBuilder) {
  return {
    delimiter: t.string({
      description:
        'One ASCII character between the fields. Default: as a line sep= before the header says, or else detected among , ; | and tab.',
    }),
    encoding: t.string({
      description:
        'The name of the text encoding, such as windows-1252, as the WHATWG Encoding standard has it. Default: UTF-8. A byte order mark (UTF-8, UTF-16, UTF-32) counts more.',
    }),
    quoting: t.field({ type: QuotingRef, description: 'What a quote means. Default: STANDARD.' }),
    skipInitialSpace: t.boolean({
      description:
        'Whether spaces behind a delimiter are no part of the field, as in `a, "b"`. Default: false.',
    }),
  };
}
