// How a file is read: the options that uploads and data sources share.

import { builder, type InputFieldBuilder } from '../builder.ts';

export const QuotingRef = builder.enumType('Quoting', {
  description: 'What quotation marks (") mean in a file.',
  values: {
    STANDARD: {
      description:
        'As in RFC 4180: a quoted field can contain delimiters, line breaks and doubled quotes ("").',
    },
    NONE: {
      description:
        'Quotes have no special meaning, and each line is a row. For tab-separated files without quoting.',
    },
  },
});

export function dialectFields(t: InputFieldBuilder) {
  return {
    delimiter: t.string({
      description:
        'The field delimiter, a single ASCII character. Default: taken from a `sep=` line before the header, or else detected among comma, semicolon, pipe and tab.',
    }),
    encoding: t.string({
      description:
        'The character encoding, a label of the WHATWG Encoding standard such as `windows-1252`. A byte order mark (UTF-8, UTF-16 or UTF-32) takes precedence. Default: UTF-8.',
    }),
    quoting: t.field({ type: QuotingRef, description: 'What quotes mean. Default: STANDARD.' }),
    skipInitialSpace: t.boolean({
      description: 'Whether to ignore spaces after a delimiter, as in `a, "b"`. Default: false.',
    }),
    sheet: t.string({
      description:
        'The name of the sheet to read in a workbook, in any letter case. Default: the only visible sheet with data. The options about delimiter, encoding, quotes and spaces make no difference to a workbook.',
    }),
  };
}
